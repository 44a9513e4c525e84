// A row of the gateway's own log of charges (gateway.md, G13).
#pragma once

#include <string>

#include "core/clock.h"
#include "core/domain/money.h"

namespace core {

struct LogRow {
  UtcTime at{};
  std::string request_id;  ///< of the request that the row is about; for a charge at submit the
                           ///< task's own (gateway.md G11)
  std::string task_id;     ///< empty: not named, as in a charge at submit
  std::string key_name;    ///< of the API key that is charged
  Decimal quota;           ///< a charge; negative: given back
  bool settles = false;    ///< the task's charge
  Decimal before;          ///< what the task had cost until then
  bool is_task = false;    ///< of a task, as far as the row says
};

}  // namespace core
