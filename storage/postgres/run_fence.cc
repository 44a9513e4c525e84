#include "storage/postgres/run_fence.h"

namespace storage {

void lock_crew(Connection& connection) {
  static_cast<void>(connection.query("SELECT name FROM crew WHERE id = 1 FOR UPDATE"));
}

namespace {

void require_patience(const RunnerTerms& terms) {
  if (terms.stop && terms.stop()) {
    throw core::Stopped("the wait for the ledger's server was ended");
  }
}

}  // namespace

void patiently(const RunnerTerms& terms, const std::function<void()>& body) {
  const auto until = std::chrono::steady_clock::now() + terms.outage_max;
  RetryPause pause;
  while (true) {
    try {
      body();
      return;
    } catch (const ConnectionLost&) {
      if (std::chrono::steady_clock::now() >= until) {
        throw;
      }
    }
    require_patience(terms);
    pause.wait();
  }
}

void read_patiently(Connection& connection, const RunnerTerms& terms,
                    const std::function<void()>& body, ServerTransaction::Kind kind) {
  patiently(terms, [&] {
    if (connection.is_lost()) {
      connection.reconnect();
    }
    const ServerTransaction moment(connection, kind);
    body();
  });
}

void RunFence::begin(std::int64_t run) {
  run_ = run;
  number_ = 0;
  acknowledged_ = 0;
}

void RunFence::renew(Connection& connection, const std::function<void()>& body) {
  ServerTransaction transaction(connection, ServerTransaction::Kind::writing_some);
  if (body) {
    lock_crew(connection);
  }
  static_cast<void>(pass(connection, 0));
  if (body) {
    body();
  }
  transaction.commit();
}

void RunFence::durable(Connection& connection, Kind kind, const std::function<void()>& body,
                       const std::function<void()>& locked) {
  const std::int64_t number = kind == Kind::numbered ? ++number_ : 0;
  const auto until = std::chrono::steady_clock::now() + terms_.outage_max;
  bool in_doubt = false;
  RetryPause pause;
  while (true) {
    try {
      if (attempt(connection, number, in_doubt, body, locked)) {
        break;
      }
    } catch (const ServerError& error) {
      in_doubt = false;
      if (!is_conflict(error) || !pause.may_go_on()) {
        throw;
      }
    } catch (const ConnectionLost&) {
      if (std::chrono::steady_clock::now() >= until) {
        throw;
      }
    }
    require_patience(terms_);
    pause.wait();
  }
  acknowledged_ = number == 0 ? acknowledged_ : number;
}

// False: to be tried again.
bool RunFence::attempt(Connection& connection, std::int64_t number, bool& in_doubt,
                       const std::function<void()>& body, const std::function<void()>& locked) {
  if (connection.is_lost()) {
    connection.reconnect();
    const bool done = was_done(connection, number);
    if (in_doubt && done) {
      return true;
    }
  }
  in_doubt = false;
  ServerTransaction transaction(connection, ServerTransaction::Kind::writing_some);
  if (locked) {
    locked();
  }
  if (pass(connection, number) == Passed::before) {
    return true;
  }
  body();
  in_doubt = true;
  transaction.commit();
  return true;
}

// A COMMIT that was cut off may still be under way: its lock on the row is waited for, and then the
// row has its number.
RunFence::Passed RunFence::pass(Connection& connection, std::int64_t number) {
  const std::uint64_t rows = connection.execute(
      "UPDATE runner SET alive_until = now_milliseconds() + $2, "
      "committed = greatest(committed, $3) WHERE run = $1 AND lost = 0 AND "
      "($3 = 0 OR committed < $3)",
      Parameters().add(run_).add(std::int64_t{terms_.lease.count()}).add(number));
  if (rows == 1) {
    return Passed::now;
  }
  Rows row = connection.query("SELECT lost FROM runner WHERE run = $1", Parameters().add(run_));
  if (row.step() && row.integer(0) == 0) {
    return Passed::before;
  }
  throw lost(connection);
}

bool RunFence::was_done(Connection& connection, std::int64_t number) {
  if (number == 0) {
    return false;
  }
  ServerTransaction moment(connection, ServerTransaction::Kind::reading);
  Rows row =
      connection.query("SELECT committed FROM runner WHERE run = $1", Parameters().add(run_));
  const std::int64_t committed = row.next_integer();
  if (committed < acknowledged_) {
    throw core::Error("the server of the ledger " + connection.name() +
                      " lost what it had acknowledged of run " + std::to_string(run_) +
                      " (a failover to a standby that was behind?): run `reeltally verify`, then "
                      "run again");
  }
  return committed >= number;
}

RunLost RunFence::lost(const Connection& connection) const {
  return RunLost("run " + std::to_string(run_) + " in the ledger " + connection.name() +
                 " gave no sign of life for longer than its lease of " +
                 std::to_string(std::chrono::floor<std::chrono::seconds>(terms_.lease).count()) +
                 " s, and another run took its place: nothing was written since; what is open is "
                 "the other run's");
}

}  // namespace storage
