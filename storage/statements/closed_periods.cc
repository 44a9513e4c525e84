#include "storage/statements/closed_periods.h"

namespace storage {

core::Period recorded_period(std::string_view name, std::string_view zone, core::UtcTime begin,
                             core::UtcTime end) {
  try {
    core::Period period = core::parse_period(name, core::TimeZone(std::string(zone)));
    period.begin = begin;
    period.end = end;
    return period;
  } catch (const core::UsageError& failure) {
    throw core::Error("closed period " + std::string(name) + " is damaged (" + failure.what() +
                      "); see `reeltally db check`, and restore a backup");
  }
}

}  // namespace storage
