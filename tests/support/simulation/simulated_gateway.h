// A gateway and a host of videos in virtual time: they know what becomes of each task, and answer
// with every fault of design.md, H1 to H18 and D1 to D6, until they are healed.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "core/engine/transport.h"
#include "tests/support/simulation/dice.h"

namespace support {

class SimulatedGateway {
 public:
  enum class Fate { succeeds, fails, never_ends, unknown };
  struct Task {
    std::string id;
    Fate fate = Fate::succeeds;
    core::UtcTime ends_at{};  ///< by the gateway's clock
    bool enhanced = false;    ///< has a second video: the one before super resolution
    int times_not_found = 0;  ///< although it exists
    int times_refused = 0;    ///< a video of it, although its link is good
    bool spoiled = false;     ///< a video of it was once sent as a whole picture
  };
  /// What comes back for a request of a video, before the connection ends.
  struct Delivery {
    std::optional<core::FetchFailure> failure;  ///< instead of, or after, the bytes
    std::string etag;
    core::PromisedContent promised;
    std::string bytes;  ///< from the requested first byte on
    bool from_start = false;
  };

  /// `now` is the gateway's clock.
  SimulatedGateway(Dice& dice, std::function<core::UtcTime()> now)
      : dice_(dice), now_(std::move(now)) {}

  void add(const Task& task) { tasks_[task.id] = task; }
  void heal() { is_healed_ = true; }

  [[nodiscard]] std::variant<core::QueryAnswer, core::TransportFailure> answer(
      const core::QueryRequest& request);
  [[nodiscard]] Delivery deliver(const std::string& url, std::int64_t from,
                                 const std::string& if_etag);

  [[nodiscard]] const std::map<std::string, Task>& tasks() const { return tasks_; }
  /// The bytes of a task's video.
  [[nodiscard]] static std::string video(const std::string& id, int index);
  /// How often each body was sent as the answer about a task.
  [[nodiscard]] const std::map<std::pair<std::string, std::string>, int>& sent() const {
    return sent_;
  }

 private:
  struct Fault {
    int status;
    std::string body;
  };
  [[nodiscard]] bool fails(double part) { return !is_healed_ && dice_.happens(part); }
  [[nodiscard]] Fault fault(Task& task);
  [[nodiscard]] std::string body(const Task& task, const std::string& id) const;
  void spoil(Delivery& delivery, Task& task);

  Dice& dice_;
  std::function<core::UtcTime()> now_;
  std::map<std::string, Task> tasks_;
  std::map<std::pair<std::string, std::string>, int> sent_;
  bool is_healed_ = false;
};

}  // namespace support
