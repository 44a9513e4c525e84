#include "core/task.h"

namespace core {

std::string_view name(TaskState state) {
  switch (state) {
    case TaskState::unfinished:
      return "unfinished";
    case TaskState::succeeded:
      return "succeeded";
    case TaskState::failed:
      return "failed";
    case TaskState::missing:
      return "missing";
  }
  return "?";
}

std::string_view name(VideoState state) {
  switch (state) {
    case VideoState::wanted:
      return "wanted";
    case VideoState::done:
      return "done";
    case VideoState::failed:
      return "failed";
    case VideoState::expired:
      return "expired";
  }
  return "?";
}

std::string_view name(Verdict verdict) {
  switch (verdict) {
    case Verdict::unfinished:
      return "unfinished";
    case Verdict::succeeded:
      return "succeeded";
    case Verdict::failed:
      return "failed";
    case Verdict::unrecognised:
      return "unrecognised";
    case Verdict::not_found:
      return "not found";
    case Verdict::wrong_task:
      return "wrong task";
    case Verdict::unreadable:
      return "unreadable";
    case Verdict::throttled:
      return "throttled";
    case Verdict::server_error:
      return "server error";
    case Verdict::unauthorised:
      return "unauthorised";
    case Verdict::forbidden:
      return "forbidden";
    case Verdict::invalid_url:
      return "invalid URL";
    case Verdict::unexpected:
      return "unexpected";
  }
  return "?";
}

}  // namespace core
