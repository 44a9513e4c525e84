#include "cmd/serve.h"

#include <cstdlib>
#include <optional>
#include <string>

#include "cmd/cli/api_key.h"
#include "cmd/cli/ledger_name.h"
#include "cmd/os/interrupt.h"
#include "cmd/os/process.h"
#include "cmd/report/report_plan.h"
#include "cmd/serve/gate.h"
#include "cmd/serve/http_exchange.h"
#include "cmd/serve/listen_address.h"
#include "cmd/serve/listener.h"
#include "cmd/serve/site.h"
#include "core/error.h"
#include "storage/open_ledger.h"

namespace cmd {
namespace {

std::optional<ApiKey> token_of(const Settings& settings) {
  const auto path = settings.given_text("token-file");
  return path ? std::optional(read_page_token(*path, settings.environment())) : std::nullopt;
}

// A browser cannot open 0.0.0.0.
std::string place_of(const ListenAddress& address) {
  return address.is_everywhere() ? "http://" + ListenAddress{host_name(), address.port}.text() +
                                       "/ and at each other name or address of this machine"
                                 : "http://" + address.text() + "/";
}

}  // namespace

ExitCode serve(const Settings& settings, Log& log, std::ostream& /*out*/) {
  const ListenAddress wanted = parse_listen_address(settings.text("listen"));
  std::optional<ApiKey> token = token_of(settings);
  if (!wanted.is_loopback() && !token) {
    throw core::UsageError("--listen " + wanted.text() +
                           " lets other machines read the pages: give --token-file FILE with a "
                           "secret that they must know, or listen on 127.0.0.1");
  }
  // What cannot be read is told now, and not to whoever looks at a page.
  static_cast<void>(storage::open_dashboard(ledger_path(settings)));
  static_cast<void>(read_price_file(settings.given_text("prices").value_or(""),
                                    settings.count("quota-per-unit")));
  Interrupt interrupt;
  Listener listener(wanted);
  Site site(settings, Gate(std::move(token)), log);
  HttpExchange exchange([&site](const PageRequest& request) { return site.reply(request); });
  log.note("the pages are at " + place_of(listener.address()) + " (Ctrl-C ends this)");
  if (!listener.serve([&exchange](Peer& peer) { exchange.answer(peer); }, interrupt.descriptor())) {
    // A thread waits for a slow disk or server. Nothing is written here, so nothing can be lost.
    std::_Exit(exit_number(ExitCode::ok));
  }
  return ExitCode::ok;
}

}  // namespace cmd
