#include "core/domain/fetch_failure.h"

namespace core {

std::string_view name(FetchFailure::Kind kind) {
  switch (kind) {
    case FetchFailure::Kind::transport:
      return "transport";
    case FetchFailure::Kind::denied:
      return "denied";
    case FetchFailure::Kind::gone:
      return "gone";
    case FetchFailure::Kind::unauthorised:
      return "unauthorised";
    case FetchFailure::Kind::throttled:
      return "throttled";
    case FetchFailure::Kind::server_error:
      return "server_error";
    case FetchFailure::Kind::other_status:
      return "other_status";
    case FetchFailure::Kind::not_a_video:
      return "not_a_video";
    case FetchFailure::Kind::error_page:
      return "error_page";
    case FetchFailure::Kind::unsupported:
      return "unsupported";
    case FetchFailure::Kind::wrong_length:
      return "wrong_length";
    case FetchFailure::Kind::wrong_checksum:
      return "wrong_checksum";
    case FetchFailure::Kind::too_large:
      return "too_large";
    case FetchFailure::Kind::refused_url:
      return "refused_url";
    case FetchFailure::Kind::blocked:
      return "blocked";
    case FetchFailure::Kind::disk_full:
      return "disk_full";
    case FetchFailure::Kind::disk:
      return "disk";
  }
  return "?";
}

}  // namespace core
