#include "tests/support/simulation/simulated_transport.h"

#include <algorithm>
#include <stdexcept>

namespace support {

void SimulatedTransport::start(core::QueryRequest request) {
  started_.push_back({clock_.steady(), true});
  running_.emplace(clock_.steady() + dice_.ms(5, 900), std::move(request));
}

void SimulatedTransport::start(core::DownloadRequest request) {
  started_.push_back({clock_.steady(), false});
  running_.emplace(clock_.steady() + dice_.ms(20, 4'000), std::move(request));
}

void SimulatedTransport::wait(core::SteadyTime until, std::vector<core::Completion>& completions) {
  moment_();
  const core::SteadyTime next = running_.empty() ? until : std::min(until, running_.begin()->first);
  if (next == core::SteadyTime::max()) {
    throw std::logic_error("the engine waits for ever for nothing");
  }
  if (!is_woken_) {
    clock_.move_to(std::min(next, signal_at.value_or(next)));
    moment_();
  }
  if (std::exchange(is_woken_, false)) {
    return;
  }
  while (!running_.empty() && running_.begin()->first <= clock_.steady()) {
    Request request = std::move(running_.begin()->second);
    running_.erase(running_.begin());
    completions.push_back(complete(std::move(request)));
  }
}

core::Completion SimulatedTransport::complete(Request request) {
  core::Completion completion;
  if (const auto* query = std::get_if<core::QueryRequest>(&request)) {
    completion.token = query->token;
    auto outcome = gateway_.answer(*query);
    const auto* answer = std::get_if<core::QueryAnswer>(&outcome);
    if (answer != nullptr && answer->http_status == 429 && answer->retry_after) {
      pauses_.push_back({clock_.steady(), clock_.steady() + *answer->retry_after});
    }
    std::visit([&](auto& one) { completion.outcome = std::move(one); }, outcome);
  } else {
    auto& download = std::get<core::DownloadRequest>(request);
    completion.token = download.token;
    auto outcome = fetch(download);
    std::visit([&](auto& one) { completion.outcome = std::move(one); }, outcome);
    download.sink.reset();
    moment_();  // published, and nobody has recorded it
  }
  return completion;
}

std::variant<core::SavedFile, core::FetchFailure> SimulatedTransport::fetch(
    const core::DownloadRequest& request) {
  core::VideoSink& sink = *request.sink;
  const bool is_whole = sink.promised().length && sink.size() == *sink.promised().length;
  if (sink.size() > 0 && is_whole) {
    return sink.publish(sink.promised());
  }
  const auto delivery = gateway_.deliver(request.url, sink.size(), sink.validator());
  if (!delivery.bytes.empty() || !delivery.failure) {
    if (delivery.from_start) {
      if (auto failure = sink.restart(delivery.etag, delivery.promised)) {
        return *std::move(failure);
      }
    }
    if (auto failure = sink.append(delivery.bytes)) {
      return *std::move(failure);
    }
  }
  if (delivery.failure) {
    return *delivery.failure;
  }
  return sink.publish(delivery.promised);
}

}  // namespace support
