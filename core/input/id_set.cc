#include "core/input/id_set.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <random>
#include <string>

#include "core/error.h"
#include "core/files/read_whole.h"
#include "core/files/unnamed_file.h"

namespace core {
namespace {

constexpr std::size_t kFirstTable = 1024;
// A table grows when it is four fifths full.
constexpr std::size_t kFull = 4;
constexpr std::size_t kFullOf = 5;
constexpr std::size_t kStep = 16;  // bytes of an ID that are mixed in per step
constexpr std::uint64_t kOdd1 = 0xa0761d6478bd642fULL;
constexpr std::uint64_t kOdd2 = 0xe7037ed1a0b428dbULL;

// The 64 x 64 bit product, with its halves combined: the step of wyhash and similar hashes.
std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

[[noreturn]] void fail(const char* doing) {
  throw Error(std::string("cannot ") + doing + " the temporary file that holds seen IDs: " +
              errno_text(errno) + "; free space in TMPDIR or /tmp");
}

}  // namespace

IdSet::IdSet(std::size_t expected, std::size_t in_memory_max)
    : in_memory_max_(std::max<std::size_t>(in_memory_max, 1)),
      keys_{},
      table_(std::max(kFirstTable, std::min(expected, in_memory_max_) * kFullOf / kFull + 1)) {
  std::random_device random;
  for (std::uint64_t& key : keys_) {
    key = static_cast<std::uint64_t>(random()) << 32U | random();
  }
}

IdSet::Fingerprint IdSet::prepare(std::string_view id) const {
  std::uint64_t high = keys_[0] ^ mix(id.size() ^ kOdd1, keys_[0] | 1U);
  std::uint64_t low = keys_[1] ^ mix(id.size() ^ kOdd1, keys_[1] | 1U);
  const auto take = [&](const char* bytes, std::size_t count) {
    std::uint64_t words[2] = {};
    std::memcpy(words, bytes, count);
    high = mix(words[0] ^ kOdd2 ^ keys_[0], words[1] ^ high);
    low = mix(words[0] ^ kOdd2 ^ keys_[1], words[1] ^ low);
  };
  std::string_view rest = id;
  for (; rest.size() >= kStep; rest.remove_prefix(kStep)) {
    take(rest.data(), kStep);  // the constant size lets the compiler inline the copy
  }
  if (!rest.empty()) {
    take(rest.data(), rest.size());
  }
  Fingerprint one{mix(high ^ kOdd1, id.size() ^ kOdd2 ^ keys_[0]),
                  mix(low ^ kOdd1, id.size() ^ kOdd2 ^ keys_[1])};
  one.low |= one == Fingerprint{} ? 1U : 0U;  // all zero marks a free place
  __builtin_prefetch(&table_[first_place(one)]);
  return one;
}

// Spreads the fingerprints evenly over a table of any size.
std::size_t IdSet::first_place(const Fingerprint& one) const {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::size_t>(static_cast<Wide>(one.low) * table_.size() >> 64U);
}

// The place of a fingerprint, or the free place for it.
IdSet::Fingerprint& IdSet::place(const Fingerprint& one) {
  std::size_t position = first_place(one);
  while (table_[position] != Fingerprint{} && table_[position] != one) {
    position = position + 1 == table_.size() ? 0 : position + 1;
  }
  return table_[position];
}

void IdSet::grow() {
  std::vector<Fingerprint> old(table_.size() * 2);
  old.swap(table_);
  for (const Fingerprint& one : old) {
    if (one != Fingerprint{}) {
      place(one) = one;
    }
  }
}

bool IdSet::insert(const Fingerprint& one) {
  if (place(one) == one ||
      std::any_of(runs_.begin(), runs_.end(), [&](const Run& run) { return in_run(run, one); })) {
    return false;
  }
  if (used_ >= in_memory_max_) {
    spill();
  } else if (used_ * kFullOf >= table_.size() * kFull) {
    grow();
  }
  place(one) = one;
  ++used_;
  return true;
}

// Moves all fingerprints in memory to the file, sorted.
void IdSet::spill() {
  if (!file_.valid()) {
    file_ = open_unnamed_file();
    if (!file_.valid()) {
      fail("make");
    }
  }
  std::sort(table_.begin(), table_.end());
  const auto begin = std::upper_bound(table_.begin(), table_.end(), Fingerprint{});
  Run run{.offset = file_bytes_, .count = static_cast<std::size_t>(table_.end() - begin)};
  for (std::size_t i = 0; i < run.count; i += kPage) {
    run.first_of_page.push_back(begin[static_cast<std::ptrdiff_t>(i)]);
  }
  const char* bytes = reinterpret_cast<const char*>(&*begin);
  const std::size_t size = run.count * sizeof(Fingerprint);
  for (std::size_t done = 0; done < size;) {
    const ssize_t wrote =
        pwrite(file_.number(), bytes + done, size - done, static_cast<off_t>(file_bytes_ + done));
    if (wrote < 0 && errno != EINTR) {
      fail("write");
    }
    done += wrote > 0 ? static_cast<std::size_t>(wrote) : 0;
  }
  file_bytes_ += size;
  runs_.push_back(std::move(run));
  std::fill(table_.begin(), table_.end(), Fingerprint{});
  used_ = 0;
}

bool IdSet::in_run(const Run& run, const Fingerprint& one) {
  const auto after = std::upper_bound(run.first_of_page.begin(), run.first_of_page.end(), one);
  if (after == run.first_of_page.begin()) {
    return false;
  }
  const auto index = static_cast<std::size_t>(after - run.first_of_page.begin() - 1) * kPage;
  page_.resize(std::min(kPage, run.count - index));
  const std::size_t size = page_.size() * sizeof(Fingerprint);
  const auto offset = static_cast<off_t>(run.offset + index * sizeof(Fingerprint));
  const ssize_t got = read_at(file_.number(), page_.data(), size, offset);
  if (got != static_cast<ssize_t>(size)) {
    errno = got < 0 ? errno : EIO;  // a file without a name that became shorter
    fail("read");
  }
  return std::binary_search(page_.begin(), page_.end(), one);
}

}  // namespace core
