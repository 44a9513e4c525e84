#include "core/http/curl_transport.h"

#include <utility>

#include "core/http/curl_loop.h"

namespace core {

CurlTransport::CurlTransport(TransportSettings settings)
    : loop_(std::make_unique<Loop>(std::move(settings))) {}

CurlTransport::~CurlTransport() = default;

void CurlTransport::start(QueryRequest request) { loop_->start(request); }
void CurlTransport::start(DownloadRequest request) { loop_->start(std::move(request)); }
void CurlTransport::wait(SteadyTime until, std::vector<Completion>& completions) {
  loop_->wait(until, completions);
}
void CurlTransport::wake() { loop_->wake(); }
void CurlTransport::abort() { loop_->abort(); }
std::int64_t CurlTransport::bytes_received() const { return loop_->bytes_received; }
std::int64_t CurlTransport::connections_opened() const { return loop_->connections_opened; }

std::string curl_version_text() {
  const curl_version_info_data* info = curl_version_info(CURLVERSION_NOW);
  return std::string(info->version) + " (" + info->ssl_version + ")";
}

}  // namespace core
