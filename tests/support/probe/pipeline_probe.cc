// The bare work of `run`, for tools/bench to compare with: ask, read a few facts, store every
// answer and its task durably. Nothing is checked, retried, billed or downloaded.
//
// Usage: pipeline_probe IDS.csv BASE_URL LEDGER IN_FLIGHT
#include <SQLiteCpp/SQLiteCpp.h>
#include <SQLiteCpp/VariadicBind.h>
#include <curl/curl.h>
#include <simdjson.h>
#include <zstd.h>

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <fstream>
#include <mutex>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

constexpr std::size_t kQueueMax = 4096;
constexpr std::size_t kBlockAnswers = 64;
constexpr int kPollMs = 1000;

struct Answer {
  std::int64_t task = 0;
  bool success = false;
  std::int64_t finish_time = 0;
  std::int64_t seconds = 0;
  std::string body;
};

/// From the loop's thread to the writer's.
class Queue {
 public:
  void push(Answer answer) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return answers_.size() < kQueueMax; });
    answers_.push_back(std::move(answer)), changed_.notify_all();
  }
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true, changed_.notify_all();
  }
  /// Waits for answers; none at the end.
  std::vector<Answer> take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || !answers_.empty(); });
    changed_.notify_all();
    return std::exchange(answers_, {});
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Answer> answers_;
  bool closed_ = false;
};

SQLite::Database open(const char* path) {
  SQLite::Database db(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -8000");
  return db;
}

void store(SQLite::Statement& statement, const auto&... values) {
  statement.reset();
  SQLite::bind(statement, values...);
  statement.exec();
}

/// The URLs of the tasks of a list; task number N, from 1, is the Nth.
std::vector<std::string> import_ids(SQLite::Database& db, const char* path,
                                    const std::string& base) {
  db.exec(
      "CREATE TABLE task (id INTEGER PRIMARY KEY, task_id TEXT NOT NULL UNIQUE, state INTEGER, "
      "finished INTEGER, seconds INTEGER);"
      "CREATE TABLE snapshot (id INTEGER PRIMARY KEY, task INTEGER, bytes INTEGER, block INTEGER);"
      "CREATE TABLE block (id INTEGER PRIMARY KEY, data BLOB NOT NULL)");
  std::ifstream file(path);
  std::vector<std::string> ids;
  std::string line;
  std::getline(file, line);  // the header
  while (std::getline(file, line)) {
    ids.push_back(line.substr(0, line.find(',')));
  }
  std::sort(ids.begin(), ids.end());
  SQLite::Transaction transaction(db);
  SQLite::Statement insert(db, "INSERT INTO task (task_id) VALUES (?)");
  for (std::string& id : ids) {
    store(insert, id);
    id.insert(0, base + "/v1/video/generations/");
  }
  transaction.commit();
  return ids;
}

void write_answers(const char* path, Queue& queue) {
  SQLite::Database db = open(path);
  SQLite::Statement snapshot(db, "INSERT INTO snapshot (task, bytes, block) VALUES (?, ?, ?)");
  SQLite::Statement task(db, "UPDATE task SET state = ?, finished = ?, seconds = ? WHERE id = ?");
  SQLite::Statement block(db, "INSERT INTO block (id, data) VALUES (?, ?)");
  std::int64_t number = 1;
  for (std::vector<Answer> batch = queue.take(); !batch.empty(); batch = queue.take()) {
    SQLite::Transaction transaction(db);
    for (std::size_t begin = 0; begin < batch.size(); begin += kBlockAnswers) {
      const std::size_t count = std::min(kBlockAnswers, batch.size() - begin);
      std::string plain;
      for (const Answer& answer : std::span(batch).subspan(begin, count)) {
        store(snapshot, answer.task, std::ssize(answer.body), number);
        store(task, int{answer.success}, answer.finish_time, answer.seconds, answer.task);
        plain += answer.body;
      }
      std::string packed(ZSTD_compressBound(plain.size()), '\0');
      packed.resize(ZSTD_compress(packed.data(), packed.size(), plain.data(), plain.size(), 1));
      block.bind(1, number++);
      block.bindNoCopy(2, packed.data(), static_cast<int>(packed.size()));
      block.exec(), block.reset();
    }
    transaction.commit();
  }
}

void read_facts(simdjson::ondemand::parser& parser, Answer& answer) {
  answer.body.reserve(answer.body.size() + simdjson::SIMDJSON_PADDING);
  simdjson::ondemand::document document = parser.iterate(answer.body);
  simdjson::ondemand::object data = document["data"];
  answer.success = std::string_view(data["status"]) == "SUCCESS";
  answer.finish_time = data["finish_time"];
  answer.seconds = data["data"]["usage"]["duration"];
}

std::size_t append_body(const char* bytes, std::size_t size, std::size_t count, void* answer) {
  static_cast<Answer*>(answer)->body.append(bytes, size * count);
  return size * count;
}

struct Transfer {
  CURL* easy = curl_easy_init();
  Answer answer;
};

/// Asks for task number `task`; false if there are fewer.
bool start(CURLM* multi, Transfer& one, std::size_t task, const std::vector<std::string>& urls) {
  if (task > urls.size()) {
    return false;
  }
  one.answer.task = static_cast<std::int64_t>(task);
  curl_easy_setopt(one.easy, CURLOPT_URL, urls[task - 1].c_str());
  curl_multi_add_handle(multi, one.easy);
  return true;
}

void ask_all(const std::vector<std::string>& urls, std::size_t in_flight, Queue& queue) {
  CURLM* multi = curl_multi_init();
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, static_cast<long>(in_flight));
  std::size_t task = 0;
  simdjson::ondemand::parser parser;
  std::vector<Transfer> transfers(in_flight);
  int running = 0;
  for (Transfer& transfer : transfers) {
    curl_easy_setopt(transfer.easy, CURLOPT_WRITEFUNCTION, &append_body);
    curl_easy_setopt(transfer.easy, CURLOPT_WRITEDATA, &transfer.answer);
    curl_easy_setopt(transfer.easy, CURLOPT_PRIVATE, &transfer);
    running += start(multi, transfer, ++task, urls) ? 1 : 0;
  }
  while (running > 0) {
    int left = 0;
    curl_multi_perform(multi, &left);
    while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
      Transfer* transfer = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
      if (message->data.result != CURLE_OK) {
        throw std::runtime_error(curl_easy_strerror(message->data.result));
      }
      read_facts(parser, transfer->answer);
      curl_multi_remove_handle(multi, transfer->easy);
      queue.push(std::exchange(transfer->answer, {}));
      running -= start(multi, *transfer, ++task, urls) ? 0 : 1;
    }
    curl_multi_poll(multi, nullptr, 0, running > 0 ? kPollMs : 0, nullptr);
  }
}

}  // namespace

int main(int count, char** arguments) {
  const std::vector<std::string> words(arguments, arguments + count);
  SQLite::Database db = open(words.at(3).c_str());
  const std::vector<std::string> urls = import_ids(db, words[1].c_str(), words[2]);
  Queue queue;
  std::thread writer([&] { write_answers(words[3].c_str(), queue); });
  ask_all(urls, std::stoul(words.at(4)), queue);
  queue.close();
  writer.join();
}
