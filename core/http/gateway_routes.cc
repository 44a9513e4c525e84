#include "core/http/gateway_routes.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "core/http/curl_transport.h"
#include "core/http/proxy.h"

namespace core {
namespace {

GatewayRoute route_of(const GatewayAccount& account, const TransportSettings& settings) {
  GatewayRoute route{.base_url = account.base_url, .api_key = account.api_key};
  const auto origin = origin_of(account.base_url);
  route.url.reset(curl_url());
  if (!origin || curl_url_set(route.url.get(), CURLUPART_URL, account.base_url.c_str(),
                              CURLU_PATH_AS_IS) != CURLUE_OK) {
    throw UsageError("the base URL " + account.base_url + " is not a URL");
  }
  route.origin = *origin;
  route.target_base = part_of(route.url.get(), CURLUPART_PATH, 0);
  if (route.target_base == "/") {
    route.target_base.clear();
  }
  route.proxy = settings.proxies.of(account.base_url).url;
  if (origin->scheme == "http" && reads_targets(route.proxy)) {
    route.target_base = account.base_url;
  }
  route.authorization = "Authorization: Bearer " + account.api_key;
  add_header(route.headers, route.authorization);
  add_header(route.headers, "Accept: application/json");
  // libcurl writes these two by itself, too, but by formatting them for each request.
  add_header(route.headers, "Accept-Encoding: gzip");
  add_header(route.headers, "User-Agent: " + settings.user_agent);
  return route;
}

}  // namespace

std::vector<GatewayRoute> routes_of(const TransportSettings& settings) {
  std::vector<GatewayRoute> routes;
  for (const GatewayAccount& account : settings.accounts) {
    routes.push_back(route_of(account, settings));
  }
  return routes;
}

bool leads_to_gateway(const std::vector<GatewayRoute>& routes, const Origin& origin) {
  return std::any_of(routes.begin(), routes.end(),
                     [&](const GatewayRoute& route) { return route.origin == origin; });
}

}  // namespace core
