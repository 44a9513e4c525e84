// The strict S3 server of tests/support/s3 as a process of its own, and a client for it.
#pragma once

#include <sys/types.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/http/http_call.h"
#include "core/http/s3/s3_client.h"
#include "core/http/s3/s3_keychain.h"
#include "tests/support/temp_dir.h"

namespace support {

/// Ends with the object, and with this process.
class S3Server {
 public:
  static constexpr const char* kKeyId = "AKIDEXAMPLE";
  static constexpr const char* kSecret = "s3-secret-canary/+x";

  /// `more` are further members of the scenario (tests/support/s3/s3.py), each with a comma before.
  explicit S3Server(const std::string& more = "");
  ~S3Server();
  S3Server(const S3Server&) = delete;
  S3Server& operator=(const S3Server&) = delete;

  [[nodiscard]] std::string url(std::string_view path = "") const;
  /// Plays `fault` (JSON) from now on.
  void fault(const std::string& json);
  /// Puts an object there as somebody else would, with its hash if `with_hash`.
  void put(const std::string& key, const std::string& body, bool with_hash);
  /// What the server holds, as its JSON says: see s3.py.
  [[nodiscard]] std::string state();
  /// How often an operation was asked for.
  [[nodiscard]] int count(const std::string& operation);
  void post(const std::string& json);

 private:
  TempDir folder_;
  core::HttpCaller caller_{{}};
  pid_t process_ = -1;
  int to_server_ = -1;
  int port_ = 0;
};

/// A client with its keys, for one server.
class S3World {
 public:
  using Variables = std::map<std::string, std::string>;
  static Variables usual_keys();

  explicit S3World(S3Server& server, core::CreateOnly create_only = core::CreateOnly::if_none_match,
                   Variables variables = usual_keys(),
                   core::S3Addressing addressing = core::S3Addressing::automatic);

  core::S3Client& client() { return client_; }
  core::S3Keychain& keychain() { return keychain_; }

  Variables variables;
  bool stop = false;

 private:
  core::SystemClock clock_;
  core::HttpCaller caller_;
  core::S3Keychain keychain_;
  core::S3Client client_;
};

}  // namespace support
