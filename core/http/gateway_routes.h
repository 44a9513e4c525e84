// Where the requests of each account go, and with which headers.
#pragma once

#include <string>
#include <vector>

#include "core/http/curl_handles.h"

namespace core {

struct TransportSettings;

/// An account's gateway, as transfers need it.
struct GatewayRoute {
  std::string base_url;     ///< without a trailing slash
  std::string target_base;  ///< what its requests' targets begin with
  Origin origin;
  Url url;
  HeaderList headers;
  std::string api_key;
  std::string authorization;  ///< a header line
  std::string proxy;          ///< empty: none
};

/// By account. Throws core::UsageError for a base URL that is none.
[[nodiscard]] std::vector<GatewayRoute> routes_of(const TransportSettings& settings);

/// Whether one of the gateways is at this origin.
[[nodiscard]] bool leads_to_gateway(const std::vector<GatewayRoute>& routes, const Origin& origin);

}  // namespace core
