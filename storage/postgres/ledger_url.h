// The address of a ledger on PostgreSQL, and the rules for connecting to it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace storage {

/// Whether --db names a PostgreSQL ledger, not a file.
[[nodiscard]] bool is_postgres_url(std::string_view ledger);

/// A checked connection URL. Any thread.
class LedgerUrl {
 public:
  /// `verified`: refuses what lets others read or change a connection to another host. cmd asks for
  /// it where it takes a URL from a person, unless that person accepts another sslmode.
  enum class Tls { verified, as_given };

  /// What the URL leaves out comes from libpq's environment (PGHOST, PGSSLMODE, ...). A host that
  /// is not this one gets sslmode=verify-full if nothing else is given. Throws core::UsageError for
  /// a URL that libpq cannot read, for one that holds a password, and, with Tls::verified, for a
  /// weaker sslmode to another host.
  explicit LedgerUrl(const std::string& text, Tls tls = Tls::as_given);

  /// The URL for messages; it contains no secret.
  [[nodiscard]] const std::string& shown() const { return shown_; }
  /// libpq's keywords and their values.
  struct Keyword {
    std::string name;
    std::string value;
  };
  [[nodiscard]] const std::vector<Keyword>& keywords() const { return keywords_; }

 private:
  [[nodiscard]] std::string value_of(std::string_view name) const;
  [[nodiscard]] bool is_local() const;
  void require_no_secret() const;
  void require_tls(Tls tls);
  void add_unless_given(const char* name, const char* value);

  std::string shown_;
  std::vector<Keyword> keywords_;
};

}  // namespace storage
