#include "tests/support/postgres_server.h"

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "storage/postgres/connection.h"
#include "storage/postgres/schema.h"
#include "tests/support/temp_dir.h"

namespace support {
namespace {

constexpr int kNotInstalled = 77;
constexpr std::chrono::seconds kStartMax{60};

class PostgresServer {
 public:
  PostgresServer();
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  [[nodiscard]] const std::string& missing() const { return missing_; }
  [[nodiscard]] std::string url(const std::string& database) const {
    return "postgresql://owner@/" + database + "?host=" + folder_.string();
  }

 private:
  [[nodiscard]] bool is_up() const;

  TempDir parent_;
  std::filesystem::path folder_ = parent_.path("pg");
  pid_t process_ = 0;
  std::string missing_;
};

PostgresServer::PostgresServer() {
  std::filesystem::create_directory(folder_);
  std::filesystem::permissions(parent_.path(), std::filesystem::perms::others_exec,
                               std::filesystem::perm_options::add);
  const std::string program = std::string(SOURCE_DIR) + "/tests/support/postgres/server";
  process_ = fork();
  if (process_ == 0) {
    execl(program.c_str(), program.c_str(), folder_.c_str(), nullptr);
    _exit(127);
  }
  const auto until = std::chrono::steady_clock::now() + kStartMax;
  while (!is_up()) {
    int status = 0;
    if (waitpid(process_, &status, WNOHANG) == process_) {
      process_ = 0;
      missing_ = WIFEXITED(status) && WEXITSTATUS(status) == kNotInstalled
                     ? "PostgreSQL is not installed: run tools/setup"
                     : "";
      if (missing_.empty()) {
        throw std::runtime_error("the PostgreSQL server for tests ended: see its words above");
      }
      return;
    }
    if (std::chrono::steady_clock::now() > until) {
      throw std::runtime_error("the PostgreSQL server for tests does not start");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

bool PostgresServer::is_up() const {
  if (!std::filesystem::exists(folder_ / ".s.PGSQL.5432")) {
    return false;
  }
  try {
    const storage::Connection connection{storage::LedgerUrl(url("postgres"))};
    return true;
  } catch (const storage::ConnectionLost&) {
    return false;
  }
}

PostgresServer::~PostgresServer() {
  if (process_ != 0) {
    kill(process_, SIGQUIT);
    waitpid(process_, nullptr, 0);
  }
}

PostgresServer& server() {
  static PostgresServer only;
  return only;
}

// By the settings of their databases.
std::map<std::string, std::vector<std::string>>& free_ledgers() {
  static std::map<std::string, std::vector<std::string>> free;
  return free;
}

// Past the triggers that keep history: the superuser may.
void empty(const std::string& url) {
  storage::Connection connection{storage::LedgerUrl(url)};
  connection.run_script(
      "SET session_replication_role = replica; SET search_path = reeltally; "
      "DO $$ DECLARE t text; BEGIN FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = "
      "'reeltally' AND tablename NOT IN ('migration', 'counter', 'crew') AND tablename NOT LIKE "
      "'answer_block_%' LOOP EXECUTE format('DELETE FROM %I', t); END LOOP; END $$; "
      "UPDATE counter SET next = 1; UPDATE crew SET name = ''");
}

}  // namespace

const std::string& postgres_missing() { return server().missing(); }

std::string make_postgres_database(const std::string& settings) {
  static int made = 0;
  const std::string name = "ledger" + std::to_string(++made);
  storage::Connection connection{storage::LedgerUrl(server().url("postgres"))};
  connection.execute("CREATE DATABASE " + name);
  if (!settings.empty()) {
    connection.execute("ALTER DATABASE " + name + " SET " + settings);
  }
  return server().url(name);
}

LentLedger::LentLedger(std::string settings) : settings_(std::move(settings)) {
  std::vector<std::string>& free = free_ledgers()[settings_];
  if (free.empty()) {
    url_ = make_postgres_database(settings_);
    storage::Connection connection{storage::LedgerUrl(url_)};
    storage::migrate_schema(connection, storage::embedded_postgres_migrations(), core::UtcTime{});
  } else {
    url_ = free.back();
    free.pop_back();
    empty(url_);
  }
}

LentLedger::~LentLedger() { free_ledgers()[settings_].push_back(url_); }

}  // namespace support
