#include "tests/support/s3_server.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "core/files/sha256.h"

namespace support {
namespace {

using Json = nlohmann::json;

std::string hex_of(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out.push_back(kDigits[byte >> 4U]);
    out.push_back(kDigits[byte & 0xFU]);
  }
  return out;
}

std::string first_line(int file) {
  std::string line;
  for (char c = 0; read(file, &c, 1) == 1 && c != '\n';) {
    line.push_back(c);
  }
  return line;
}

}  // namespace

S3Server::S3Server(const std::string& more) {
  const std::string scenario =
      folder_.write("scenario.json", std::string(R"({"keys":{")") + kKeyId + R"(":{"secret":")" +
                                         kSecret + R"("}},"buckets":["videos"])" + more + "}");
  const std::string program = std::string(SOURCE_DIR) + "/tests/support/s3/s3.py";
  std::array<int, 2> in{};
  std::array<int, 2> out{};
  if (pipe2(in.data(), O_CLOEXEC) != 0 || pipe2(out.data(), O_CLOEXEC) != 0) {
    throw std::runtime_error("no pipe");
  }
  process_ = fork();
  if (process_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(in[0], STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    setenv("PYTHONDONTWRITEBYTECODE", "1", 1);
    execl("/usr/bin/python3", "python3", program.c_str(), "--scenario", scenario.c_str(), nullptr);
    _exit(127);
  }
  close(in[0]);
  close(out[1]);
  to_server_ = in[1];
  const auto ready = Json::parse(first_line(out[0]), nullptr, false);
  close(out[0]);
  port_ = ready.is_object() ? ready.value("port", 0) : 0;
  if (port_ == 0) {
    throw std::runtime_error("the S3 server did not start");
  }
}

S3Server::~S3Server() {
  close(to_server_);
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
}

std::string S3Server::url(std::string_view path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
}

void S3Server::post(const std::string& json) {
  const core::HttpAnswer answer =
      caller_.call({.method = "POST", .url = url("/_control"), .body = {.text = json}});
  if (answer.status != 200) {
    throw std::runtime_error("the S3 server refuses " + json + ": " + answer.failure);
  }
}

void S3Server::fault(const std::string& json) { post(R"({"faults":[)" + json + "]}"); }

void S3Server::put(const std::string& key, const std::string& body, bool with_hash) {
  Json order{{"bucket", "videos"}, {"key", key}, {"body", hex_of(body)}, {"meta", Json::object()}};
  if (with_hash) {
    order["meta"]["x-amz-meta-sha256"] = core::sha256_hex(body);
  }
  post(Json{{"put", order}}.dump());
}

std::string S3Server::state() {
  return caller_.call({.method = "GET", .url = url("/_control")}).body;
}

int S3Server::count(const std::string& operation) {
  return Json::parse(state())["counts"].value(operation, 0);
}

S3World::Variables S3World::usual_keys() {
  return {{"AWS_ACCESS_KEY_ID", S3Server::kKeyId},
          {"AWS_SECRET_ACCESS_KEY", S3Server::kSecret},
          {"AWS_EC2_METADATA_DISABLED", "true"}};
}

S3World::S3World(S3Server& server, core::CreateOnly create_only, Variables given,
                 core::S3Addressing addressing)
    : variables(std::move(given)),
      caller_(
          {.ca_file = {}, .proxies = {}, .user_agent = "test", .stop = [this] { return stop; }}),
      keychain_(caller_,
                {.variables =
                     [this](std::string_view name) {
                       const auto found = variables.find(std::string(name));
                       return found == variables.end() ? std::nullopt
                                                       : std::optional(found->second);
                     },
                 .region = "us-east-1"},
                clock_),
      client_(caller_, keychain_,
              {.endpoint = core::S3Endpoint(addressing == core::S3Addressing::host
                                                ? "http://localhost:" + server.url().substr(17)
                                                : server.url(),
                                            "us-east-1", addressing, "the test's"),
               .region = "us-east-1",
               .create_only = create_only,
               .upload_headers = {{create_only == core::CreateOnly::gcs ? "x-goog-storage-class"
                                                                        : "x-amz-storage-class",
                                   "STANDARD"}},
               .retry = {.retries = 4,
                         .first_delay_max = std::chrono::milliseconds(2),
                         .delay_max = std::chrono::milliseconds(10)}},
              clock_) {}

}  // namespace support
