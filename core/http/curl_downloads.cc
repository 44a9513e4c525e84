// Downloads: from a request, over checked hops, to the publisher.
#include <algorithm>
#include <cassert>
#include <utility>

#include "core/http/curl_loop.h"
#include "core/text/printable.h"

namespace core {
namespace {

using std::chrono::milliseconds;

constexpr long kStallBytesPerSecond = 1024;         // what counts as a stall
constexpr long kDownloadBufferBytes = 512L * 1024;  // 16 KiB costs a third (design.md, section 7)
constexpr milliseconds kRateSlack{20};  // shorter pauses than this are not worth their wake-ups

}  // namespace

CurlTransport::Loop::Download& CurlTransport::Loop::free_download() {
  if (free_downloads_.empty()) {
    auto download = std::make_unique<Download>();
    download->loop = this;
    download->is_download = true;
    download->easy.reset(curl_easy_init());
    set_common(*download);
    CURL* easy = download->easy.get();
    set_option(easy, CURLOPT_BUFFERSIZE, kDownloadBufferBytes);
    set_option(easy, CURLOPT_LOW_SPEED_LIMIT, kStallBytesPerSecond);
    set_option(
        easy, CURLOPT_LOW_SPEED_TIME,
        std::max(1L,
                 static_cast<long>(
                     std::chrono::ceil<std::chrono::seconds>(settings_.stall_timeout).count())));
    set_option(easy, CURLOPT_WRITEFUNCTION, &Loop::on_video_bytes);
    set_option(easy, CURLOPT_WRITEDATA, download.get());
    downloads_.push_back(std::move(download));
    return *downloads_.back();
  }
  Download& download = *free_downloads_.back();
  free_downloads_.pop_back();
  return download;
}

void CurlTransport::Loop::start(DownloadRequest request) {
  Download& download = free_download();
  download.token = request.token;
  download.request = std::move(request);
  download.hops = 0;
  download.plain_again = false;
  download.alone = false;
  assert(download.request.sink != nullptr);
  const VideoSink& sink = *download.request.sink;
  // All of it came already, in a run that ended before it was checked.
  if (sink.size() > 0 && sink.size() == sink.promised().length) {
    download.promised = sink.promised();
    publish(download);
    return;
  }
  const Account& account = accounts_.at(static_cast<std::size_t>(download.request.account));
  const std::string& link = download.request.url;
  const std::string& content = download.request.content_path;
  const std::string url = link.substr(0, 1) == "/" ? account.base_url + link : link;
  // Of several videos the query names one (gateway.md, section 12, G1).
  download.with_key =
      !content.empty() && url.substr(0, url.find_first_of("?#")) == account.base_url + content;
  if (auto failure = begin_hop(download, url, false)) {
    fail(download, std::move(*failure), early_);
  }
}

bool CurlTransport::Loop::is_own_origin(const Download& download) const {
  return download.origin == accounts_.at(static_cast<std::size_t>(download.request.account)).origin;
}

bool CurlTransport::Loop::leads_to_gateway(const Download& download) const {
  return std::any_of(accounts_.begin(), accounts_.end(),
                     [&](const Account& account) { return account.origin == download.origin; });
}

std::optional<FetchFailure> CurlTransport::Loop::check_url(Download& download,
                                                           bool from_https) const {
  const auto refuse = [](std::string why) {
    return FetchFailure{.problem = FetchProblem::refused_url, .text = std::move(why)};
  };
  const auto origin = origin_of(download.url);
  if (!origin) {
    return refuse("the link is no URL");
  }
  download.origin = *origin;
  if (origin->scheme != "https" && origin->scheme != "http") {
    return refuse("the link's scheme is " + printable(origin->scheme, 20) + ", not https");
  }
  if (origin->scheme == "http" && from_https) {
    return refuse("the link leads from https to http");
  }
  if (origin->scheme == "http" && !settings_.allow_http && !is_own_origin(download)) {
    return refuse("the link is plain http; --allow-http would fetch it");
  }
  return std::nullopt;
}

std::optional<FetchFailure> CurlTransport::Loop::begin_hop(Download& download,
                                                           const std::string& url,
                                                           bool from_https) {
  download.url = url;
  if (auto failure = check_url(download, from_https)) {
    return failure;
  }
  download.judged = download.takes_bytes = false;
  download.error_body.clear();
  download.failure.reset();
  download.is_plain = download.origin.scheme != "https";
  download.may_be_private = settings_.allow_private_hosts || is_own_origin(download);
  download.resume_from = download.plain_again ? 0 : download.request.sink->size();
  set_headers(download);
  CURL* easy = download.easy.get();
  set_option(easy, CURLOPT_URL, download.url.c_str());
  const std::string range = std::to_string(download.resume_from) + "-";
  set_option(easy, CURLOPT_RANGE, download.resume_from > 0 ? range.c_str() : nullptr);
  // A proxy would hide the address that is to be checked, so the host is looked up here first.
  const std::string proxy = settings_.proxies.of(download.url).url;
  download.resolving = !proxy.empty() && !download.may_be_private;
  route(download, download.resolving ? "" : proxy);
  begin(download);
  return std::nullopt;
}

void CurlTransport::Loop::begin(Download& download) {
  // A connection kept from a query of another account was opened without the check of its address.
  const bool unchecked = !download.may_be_private && leads_to_gateway(download);
  begin(download, download.resolving || unchecked || download.alone);
}

void CurlTransport::Loop::set_headers(Download& download) {
  download.headers.reset();
  if (download.with_key) {
    add_header(download.headers,
               accounts_.at(static_cast<std::size_t>(download.request.account)).authorization);
  }
  if (download.resume_from > 0) {
    add_header(download.headers, "If-Range: " + download.request.sink->validator());
  }
  set_option(download.easy.get(), CURLOPT_HTTPHEADER, download.headers.get());
}

// ---- downloads: the rate

// libcurl limits each transfer by itself and lets the first second or two of each pass freely, so
// small videos would not be limited at all. Here all share one account of time: who would overdraw
// it is paused and waits in line.
bool CurlTransport::Loop::must_pause(Download& download, std::size_t bytes) {
  if (settings_.limit_rate <= 0) {
    return false;
  }
  const SteadyTime now = std::chrono::steady_clock::now();
  if (rate_until_ > now + kRateSlack) {
    paused_.push_back(&download);
    return true;
  }
  const double seconds = static_cast<double>(bytes) / static_cast<double>(settings_.limit_rate);
  rate_until_ = std::max(rate_until_, now) + std::chrono::duration_cast<SteadyTime::duration>(
                                                 std::chrono::duration<double>(seconds));
  return false;
}

void CurlTransport::Loop::leave_line(const Download& download) {
  paused_.erase(std::remove(paused_.begin(), paused_.end(), &download), paused_.end());
}

void CurlTransport::Loop::resume_paused() {
  while (!paused_.empty() && rate_until_ <= std::chrono::steady_clock::now()) {
    Download* download = paused_.front();
    paused_.pop_front();
    // Delivers what waits, so it may well be in line again afterwards.
    curl_easy_pause(download->easy.get(), CURLPAUSE_CONT);
  }
}

// ---- the end of a download

void CurlTransport::Loop::publish(Download& download) {
  publisher_->submit(
      {download.token, std::move(download.request.sink), std::move(download.promised)});
  release(download);
}

void CurlTransport::Loop::fail(Download& download, FetchFailure failure,
                               std::vector<Completion>& completions) {
  Completion completion;
  completion.token = download.token;
  completion.outcome = std::move(failure);
  completions.push_back(std::move(completion));
  release(download);
}

void CurlTransport::Loop::release(Download& download) {
  leave_line(download);
  download.request.sink.reset();
  download.headers.reset();
  download.error_body.clear();
  download.failure.reset();
  download.promised = {};
  free_downloads_.push_back(&download);
}
}  // namespace core
