#include "cmd/cli/version.h"

namespace cmd {

std::string_view program_version() { return REELTALLY_VERSION; }

}  // namespace cmd
