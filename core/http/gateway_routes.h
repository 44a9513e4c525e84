// The destination and the headers of each account's requests.
#pragma once

#include <string>
#include <vector>

#include "core/http/curl_handles.h"

namespace core {

struct TransportSettings;

/// An account's gateway in the form that transfers need.
struct GatewayRoute {
  std::string base_url;     ///< without a trailing slash
  std::string target_base;  ///< the beginning of its request targets
  Origin origin;
  Url url;
  HeaderList headers;  ///< all that a query has, but for the host
  std::string api_key;
  std::string authorization;  ///< a header line
  std::string proxy;          ///< empty: none
};

/// By account. Throws core::UsageError for a base URL that is not a URL.
[[nodiscard]] std::vector<GatewayRoute> routes_of(const TransportSettings& settings);

/// Whether one of the gateways has this origin.
[[nodiscard]] bool leads_to_gateway(const std::vector<GatewayRoute>& routes, const Origin& origin);

}  // namespace core
