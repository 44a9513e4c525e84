#include "core/domain/fetch_failure.h"

namespace core {

std::string_view name(FetchProblem problem) {
  switch (problem) {
    case FetchProblem::transport:
      return "transport";
    case FetchProblem::denied:
      return "denied";
    case FetchProblem::gone:
      return "gone";
    case FetchProblem::unauthorised:
      return "unauthorised";
    case FetchProblem::throttled:
      return "throttled";
    case FetchProblem::server_error:
      return "server_error";
    case FetchProblem::other_status:
      return "other_status";
    case FetchProblem::not_a_video:
      return "not_a_video";
    case FetchProblem::error_page:
      return "error_page";
    case FetchProblem::unsupported:
      return "unsupported";
    case FetchProblem::wrong_length:
      return "wrong_length";
    case FetchProblem::wrong_checksum:
      return "wrong_checksum";
    case FetchProblem::too_large:
      return "too_large";
    case FetchProblem::refused_url:
      return "refused_url";
    case FetchProblem::blocked:
      return "blocked";
    case FetchProblem::disk_full:
      return "disk_full";
    case FetchProblem::disk:
      return "disk";
  }
  return "?";
}

}  // namespace core
