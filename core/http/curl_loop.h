// The loop behind CurlTransport: epoll, one multi handle, and the two kinds of transfers. Included
// by its own sources alone.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/files/beneath.h"
#include "core/http/curl_handles.h"
#include "core/http/curl_transport.h"
#include "core/video/publisher.h"

namespace core {

class CurlTransport::Loop {
 public:
  // Why a transfer broke, where libcurl does not know it.
  static constexpr std::string_view kAnsweredEarly = "the server answered before it was asked";
  static constexpr std::string_view kHeadersTooLarge = "the headers are larger than 256 KiB";
  static constexpr std::string_view kDropped = "the server dropped the connection (HTTP 408)";
  static constexpr long kRequestTimeout = 408;

  explicit Loop(TransportSettings settings);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void start(const QueryRequest& request);
  void start(DownloadRequest request);
  void wait(SteadyTime until, std::vector<Completion>& completions);
  void wake() const;
  void abort();

  std::int64_t bytes_received = 0;
  std::int64_t connections_opened = 0;

 private:
  struct Transfer {
    Loop* loop = nullptr;
    bool is_download = false;
    Easy easy;
    std::array<char, CURL_ERROR_SIZE> error{};
    std::uint64_t token = 0;
    bool may_be_private = true;   // the address is checked otherwise
    std::string refused_address;  // why the socket was not opened
    std::string proxy;            // that it goes through; empty: none
    bool resolving = false;       // looks for the addresses of its host alone
    bool resolved = false;        // while `resolving`: there is one
    bool is_plain = false;        // no TLS
    // Of its connection:
    std::uint64_t connection = 0;       // as in kept_
    std::vector<curl_socket_t> opened;  // the last one is tried, or in use
    bool kept = false;                  // HTTP/1.1, and used before
    bool stale = false;                 // kept, and it held what nobody had asked for
    bool answered_early = false;        // a new one that held an answer before the request
    std::size_t header_bytes = 0;       // trailers included
    std::size_t header_lines = 0;
    bool headers_too_large = false;
  };
  struct Query : Transfer {
    int account = -1;  // whose URL and headers are set
    std::string body;
    bool too_large = false;
    bool no_room = false;
    bool needs_fresh_connection = false;
  };
  struct Download : Transfer {
    DownloadRequest request;
    HeaderList headers;
    std::string url;
    Origin origin;
    int hops = 0;
    bool with_key = false;  // this hop goes to the task's own path at its gateway
    std::int64_t resume_from = 0;
    bool plain_again = false;  // the resumed answer was not what it must be: once more from zero
    bool alone = false;        // over a connection that nobody used before
    bool judged = false;       // the head was looked at
    bool takes_bytes = false;  // the body goes to the sink
    std::int64_t bytes = 0;    // of the file so far
    PromisedContent promised;
    std::string error_body;
    std::optional<FetchFailure> failure;
  };
  struct Account {
    std::string base_url;
    std::string target_base;  // what its requests' targets begin with
    Origin origin;
    Url url;
    HeaderList headers;
    std::string authorization;
    std::string proxy;
  };
  struct Socket {
    bool ours = false;        // opened by our callback, so closed by it too
    bool registered = false;  // in the epoll set
    int wanted = 0;           // what libcurl waits for: CURL_POLL_*; 0: nothing
    std::uint32_t events = 0;
    std::uint64_t connection = 0;  // its key in kept_; 0: not there
  };

  // Callbacks of libcurl: they only note and collect; what they throw is kept for `wait`.
  static int on_socket(CURL* easy, curl_socket_t socket, int what, void* loop, void* unused);
  static int on_timer(CURLM* multi, long timeout_ms, void* loop);
  static curl_socket_t on_open(void* transfer, curlsocktype purpose, curl_sockaddr* address);
  static int on_close(void* loop, curl_socket_t socket);
  static int on_request(void* transfer, char* remote_address, char* local_address, int remote_port,
                        int local_port);
  static std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* transfer);
  static std::size_t on_query_bytes(char* bytes, std::size_t size, std::size_t count, void* query);
  static std::size_t on_video_bytes(char* bytes, std::size_t size, std::size_t count,
                                    void* download);

  Socket& socket(curl_socket_t number);
  void watch(curl_socket_t number, int what);
  void unregister(curl_socket_t number);
  void handle_event(const epoll_event& event, bool& woken);
  void drive_timer();
  void begin(Transfer& transfer, bool fresh_connection);
  static void route(Transfer& transfer, const std::string& proxy);
  void keep(const Transfer& transfer);
  [[nodiscard]] static bool is_pending(const Transfer& transfer, curl_socket_t number);
  [[nodiscard]] static bool answers_early(const Transfer& transfer, int local_port);
  void reap(std::vector<Completion>& completions);
  void take_published(std::vector<Completion>& completions);
  [[nodiscard]] int wait_ms(SteadyTime until) const;

  void set_common(Transfer& transfer);
  Query& free_query();
  void drop_body(Query& query);
  Download& free_download();
  void finish_query(Query& query, CURLcode code, std::vector<Completion>& completions);

  std::optional<FetchFailure> begin_hop(Download& download, const std::string& url,
                                        bool from_https);
  std::optional<FetchFailure> check_url(Download& download, bool from_https) const;
  [[nodiscard]] std::optional<FetchFailure> broken(Download& download, CURLcode code) const;
  void set_headers(Download& download);
  void begin(Download& download);
  bool judge_head(Download& download);
  bool judge_resumed(Download& download, const std::string& etag);
  bool take_bytes(Download& download, std::string_view bytes);
  void finish_download(Download& download, CURLcode code, std::vector<Completion>& completions);
  void finish_answer(Download& download, std::vector<Completion>& completions);
  [[nodiscard]] static bool has_answer(const Download& download);
  [[nodiscard]] std::string error_said(const Download& download) const;
  [[nodiscard]] FetchFailure status_failure(const Download& download, long status) const;
  [[nodiscard]] std::optional<std::string> next_hop(const Download& download, long status) const;
  void publish(Download& download);
  void fail(Download& download, FetchFailure failure, std::vector<Completion>& completions);
  void release(Download& download);
  [[nodiscard]] bool must_pause(Download& download, std::size_t bytes);
  void resume_paused();
  void leave_line(const Download& download);
  [[nodiscard]] const std::string& key_of(int account) const {
    return settings_.accounts.at(static_cast<std::size_t>(account)).api_key;
  }
  [[nodiscard]] bool is_own_origin(const Download& download) const;
  [[nodiscard]] bool leads_to_gateway(const Download& download) const;

  TransportSettings settings_;
  Descriptor epoll_;
  Descriptor wake_;
  std::vector<Account> accounts_;
  std::vector<Socket> sockets_;  // by descriptor
  // HTTP/1.1 connections that were used and may be again, by their addresses.
  std::unordered_map<std::uint64_t, curl_socket_t> kept_;
  MultiHandle multi_;  // closes what sockets_ notes
  SteadyTime timer_ = SteadyTime::max();
  std::size_t body_bytes_ = 0;  // of all queries in flight
  std::vector<std::unique_ptr<Query>> queries_;
  std::vector<Query*> free_queries_;
  std::vector<std::unique_ptr<Download>> downloads_;
  std::vector<Download*> free_downloads_;
  std::vector<Transfer*> running_;
  std::deque<Download*> paused_;   // by the rate limit, in line
  SteadyTime rate_until_{};        // what came so far should have taken until then
  std::vector<Completion> early_;  // failed before a request was sent
  std::exception_ptr thrown_;
  std::optional<Publisher> publisher_;
};

}  // namespace core
