// Loaded into the real program by tools/torture (LD_PRELOAD): makes one call of the C library fail,
// transfer too little, or be the last one of the process. Environment variables choose the calls
// that count, and the one that fails:
//
//   FAULT_CALL   a name of kNames; "file": any of them on files; "transfer": any of `read`, `write`
//                (files), `receive`, `send` (sockets)
//   FAULT_AT     the number of the call that fails, from 1; 0: none, calls are only counted
//   FAULT_ERRNO  the error of that call; 0: the process is killed before the call
//   FAULT_SHORT  1: that call transfers half of what it is asked for, at least a byte, and succeeds
//   FAULT_ON     1: every later call fails, too; 2: every second one of these
//   FAULT_UNDER  only calls for files below this folder count (not for `malloc` and sockets)
//   FAULT_COUNT  a file that gets the number of calls of each name when the process ends
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

constexpr std::array kNames{"malloc",   "open",   "read",   "write",   "sync",
                            "truncate", "unlink", "rename", "mkdir",   "chmod",
                            "lock",     "map",    "stat",   "receive", "send"};
enum class Call {
  allocate,
  opening,
  reading,
  writing,
  syncing,
  truncating,
  unlinking,
  renaming,
  making_folder,
  changing_mode,
  locking,
  mapping,
  looking,
  receiving,
  sending
};
constexpr int kAnyOnFiles = -1;
constexpr int kAnyTransfer = -2;

struct Plan {
  int call = kAnyOnFiles;  // or the number of a name
  bool active = false;
  bool counting = false;
  long at = 0;
  int error = 0;
  bool shortens = false;
  long every = 0;  // of the later calls; 0: none
  const char* under = "";
};
Plan plan;
std::array<std::atomic<long>, kNames.size()> counts{};
std::atomic<long> matched{0};

__attribute__((constructor)) void read_plan() {
  const char* call = getenv("FAULT_CALL");
  const char* at = getenv("FAULT_AT");
  if (call == nullptr || at == nullptr) {
    return;
  }
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (strcmp(call, kNames[i]) == 0) {
      plan.call = static_cast<int>(i);
    }
  }
  plan.call = strcmp(call, "transfer") == 0 ? kAnyTransfer : plan.call;
  plan.at = atol(at);
  plan.error = getenv("FAULT_ERRNO") != nullptr ? atoi(getenv("FAULT_ERRNO")) : 0;
  plan.shortens = getenv("FAULT_SHORT") != nullptr;
  plan.every = getenv("FAULT_ON") != nullptr ? atol(getenv("FAULT_ON")) : 0;
  plan.under = getenv("FAULT_UNDER") != nullptr ? getenv("FAULT_UNDER") : "";
  plan.counting = getenv("FAULT_COUNT") != nullptr;
  plan.active = true;
}

__attribute__((destructor)) void write_counts() {
  const char* path = getenv("FAULT_COUNT");
  if (path == nullptr) {
    return;
  }
  plan.active = false;
  FILE* out = fopen(path, "w");
  for (std::size_t i = 0; out != nullptr && i < kNames.size(); ++i) {
    fprintf(out, "%s %ld\n", kNames[i], counts[i].load());
  }
  if (out != nullptr) {
    fclose(out);
  }
}

bool below(const char* path) {
  const std::size_t length = strlen(plan.under);
  return strncmp(path, plan.under, length) == 0;
}

// What a descriptor leads to: a path, or such as "socket:[17]"; false if that is not known.
bool target_of(int descriptor, std::array<char, 4096>& target) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  const ssize_t length = syscall(SYS_readlink, link, target.data(), target.size() - 1);
  target[length > 0 ? static_cast<std::size_t>(length) : 0] = '\0';
  return length > 0;
}

bool concerns(int descriptor) {
  std::array<char, 4096> path;
  return target_of(descriptor, path) && below(path.data());
}

bool concerns(int folder, const char* path) {
  return path != nullptr && (path[0] == '/' || folder == AT_FDCWD ? below(path) : concerns(folder));
}

// A datagram that is read in part is lost: only streams count.
bool is_stream(int descriptor) {
  int type = 0;
  socklen_t size = sizeof type;
  const int before = errno;
  const bool is = getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) == 0;
  errno = before;
  return is && type == SOCK_STREAM;
}

bool is_planned(Call call) {
  const bool is_socket = call == Call::receiving || call == Call::sending;
  if (plan.call == kAnyTransfer) {
    return is_socket || call == Call::reading || call == Call::writing;
  }
  return plan.call == kAnyOnFiles ? !is_socket && call != Call::allocate
                                  : plan.call == static_cast<int>(call);
}

// Counts a call; whether it is one with the fault.
bool is_chosen(Call call) {
  counts[static_cast<std::size_t>(call)].fetch_add(1);
  if (plan.at == 0 || !is_planned(call)) {
    return false;
  }
  const long number = matched.fetch_add(1) + 1;
  return number == plan.at ||
         (plan.every > 0 && number > plan.at && (number - plan.at) % plan.every == 0);
}

// Whether this call must fail; then errno is set.
bool fails(Call call) {
  if (!is_chosen(call)) {
    return false;
  }
  if (plan.error == 0) {
    syscall(SYS_kill, getpid(), SIGKILL);
  }
  errno = plan.error;
  return true;
}

bool fails(Call call, int descriptor) { return plan.active && concerns(descriptor) && fails(call); }
bool fails(Call call, int folder, const char* path) {
  return plan.active && concerns(folder, path) && fails(call);
}

// The same for a call that moves `bytes`, which may become fewer.
bool transfer_fails(Call call, std::size_t& bytes) {
  if (!plan.shortens) {
    return fails(call);
  }
  if (is_chosen(call)) {
    bytes = (bytes + 1) / 2;
  }
  return false;
}
bool transfer_fails(Call on_file, Call on_socket, int descriptor, std::size_t& bytes) {
  return plan.active &&
         (is_stream(descriptor) ? transfer_fails(on_socket, bytes)
                                : concerns(descriptor) && transfer_fails(on_file, bytes));
}
bool reading_fails(int descriptor, std::size_t& bytes) {
  return transfer_fails(Call::reading, Call::receiving, descriptor, bytes);
}
bool writing_fails(int descriptor, std::size_t& bytes) {
  return transfer_fails(Call::writing, Call::sending, descriptor, bytes);
}

// Used while dlsym itself allocates, before the real allocator is known.
alignas(16) char pool[65536];
std::size_t pool_used = 0;
__thread bool resolving __attribute__((tls_model("initial-exec"))) = false;

template <typename Function>
Function* real(const char* name, std::atomic<Function*>& known) {
  Function* function = known.load();
  if (function == nullptr) {
    resolving = true;
    function = reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
    resolving = false;
    known.store(function);
  }
  return function;
}

}  // namespace

#define REAL(name)                                           \
  static std::atomic<decltype(name)*> known_##name{nullptr}; \
  auto* real_##name = real<decltype(name)>(#name, known_##name)

extern "C" {

void* malloc(std::size_t size) noexcept {
  if (resolving) {
    void* memory = pool + pool_used;
    pool_used += (size + 15) & ~std::size_t{15};
    return pool_used <= sizeof pool ? memory : nullptr;
  }
  REAL(malloc);
  return plan.active && fails(Call::allocate) ? nullptr : real_malloc(size);
}

void* calloc(std::size_t count, std::size_t size) noexcept {
  if (resolving) {
    return malloc(count * size);  // the pool is zero
  }
  REAL(calloc);
  return plan.active && fails(Call::allocate) ? nullptr : real_calloc(count, size);
}

void* realloc(void* memory, std::size_t size) noexcept {
  REAL(realloc);
  return plan.active && fails(Call::allocate) ? nullptr : real_realloc(memory, size);
}

void free(void* memory) noexcept {
  if (memory >= pool && memory < pool + sizeof pool) {
    return;
  }
  REAL(free);
  real_free(memory);
}

#define OPENING(name, at)                                                        \
  int name(const char* path, int flags, ...) {                                   \
    REAL(name);                                                                  \
    va_list rest;                                                                \
    va_start(rest, flags);                                                       \
    const auto mode = static_cast<mode_t>(va_arg(rest, int));                    \
    va_end(rest);                                                                \
    return fails(Call::opening, at, path) ? -1 : real_##name(path, flags, mode); \
  }
OPENING(open, AT_FDCWD)
OPENING(open64, AT_FDCWD)

int openat(int folder, const char* path, int flags, ...) {
  REAL(openat);
  va_list rest;
  va_start(rest, flags);
  const auto mode = static_cast<mode_t>(va_arg(rest, int));
  va_end(rest);
  return fails(Call::opening, folder, path) ? -1 : real_openat(folder, path, flags, mode);
}

// openat2 has no wrapper function.
long syscall(long number, ...) noexcept {
  REAL(syscall);
  va_list rest;
  va_start(rest, number);
  std::array<long, 6> values{};
  for (long& value : values) {
    value = va_arg(rest, long);
  }
  va_end(rest);
  if (number == SYS_openat2 &&
      fails(Call::opening, static_cast<int>(values[0]), reinterpret_cast<const char*>(values[1]))) {
    return -1;
  }
  return real_syscall(number, values[0], values[1], values[2], values[3], values[4], values[5]);
}

ssize_t read(int file, void* bytes, std::size_t count) {
  REAL(read);
  return reading_fails(file, count) ? -1 : real_read(file, bytes, count);
}
ssize_t pread(int file, void* bytes, std::size_t count, off_t at) {
  REAL(pread);
  return reading_fails(file, count) ? -1 : real_pread(file, bytes, count, at);
}
ssize_t pread64(int file, void* bytes, std::size_t count, off64_t at) {
  REAL(pread64);
  return reading_fails(file, count) ? -1 : real_pread64(file, bytes, count, at);
}
ssize_t pwrite(int file, const void* bytes, std::size_t count, off_t at) {
  REAL(pwrite);
  return writing_fails(file, count) ? -1 : real_pwrite(file, bytes, count, at);
}
ssize_t pwrite64(int file, const void* bytes, std::size_t count, off64_t at) {
  REAL(pwrite64);
  return writing_fails(file, count) ? -1 : real_pwrite64(file, bytes, count, at);
}
ssize_t write(int file, const void* bytes, std::size_t count) {
  REAL(write);
  return writing_fails(file, count) ? -1 : real_write(file, bytes, count);
}
ssize_t recv(int socket, void* bytes, std::size_t count, int flags) {
  REAL(recv);
  return reading_fails(socket, count) ? -1 : real_recv(socket, bytes, count, flags);
}
ssize_t send(int socket, const void* bytes, std::size_t count, int flags) {
  REAL(send);
  return writing_fails(socket, count) ? -1 : real_send(socket, bytes, count, flags);
}
int fsync(int file) {
  REAL(fsync);
  return fails(Call::syncing, file) ? -1 : real_fsync(file);
}
int fdatasync(int file) {
  REAL(fdatasync);
  return fails(Call::syncing, file) ? -1 : real_fdatasync(file);
}
int ftruncate(int file, off_t size) noexcept {
  REAL(ftruncate);
  return fails(Call::truncating, file) ? -1 : real_ftruncate(file, size);
}
int ftruncate64(int file, off64_t size) noexcept {
  REAL(ftruncate64);
  return fails(Call::truncating, file) ? -1 : real_ftruncate64(file, size);
}
int unlink(const char* path) noexcept {
  REAL(unlink);
  return fails(Call::unlinking, AT_FDCWD, path) ? -1 : real_unlink(path);
}
int unlinkat(int folder, const char* path, int flags) noexcept {
  REAL(unlinkat);
  return fails(Call::unlinking, folder, path) ? -1 : real_unlinkat(folder, path, flags);
}
int rename(const char* from, const char* to) noexcept {
  REAL(rename);
  return fails(Call::renaming, AT_FDCWD, to) ? -1 : real_rename(from, to);
}
int renameat(int from_folder, const char* from, int to_folder, const char* to) noexcept {
  REAL(renameat);
  return fails(Call::renaming, to_folder, to) ? -1
                                              : real_renameat(from_folder, from, to_folder, to);
}
int renameat2(int from_folder, const char* from, int to_folder, const char* to,
              unsigned flags) noexcept {
  REAL(renameat2);
  return fails(Call::renaming, to_folder, to)
             ? -1
             : real_renameat2(from_folder, from, to_folder, to, flags);
}
int mkdir(const char* path, mode_t mode) noexcept {
  REAL(mkdir);
  return fails(Call::making_folder, AT_FDCWD, path) ? -1 : real_mkdir(path, mode);
}
int mkdirat(int folder, const char* path, mode_t mode) noexcept {
  REAL(mkdirat);
  return fails(Call::making_folder, folder, path) ? -1 : real_mkdirat(folder, path, mode);
}
int chmod(const char* path, mode_t mode) noexcept {
  REAL(chmod);
  return fails(Call::changing_mode, AT_FDCWD, path) ? -1 : real_chmod(path, mode);
}
int fchmod(int file, mode_t mode) noexcept {
  REAL(fchmod);
  return fails(Call::changing_mode, file) ? -1 : real_fchmod(file, mode);
}
int flock(int file, int operation) noexcept {
  REAL(flock);
  return fails(Call::locking, file) ? -1 : real_flock(file, operation);
}
int fcntl64(int file, int command, ...) {
  REAL(fcntl64);
  va_list rest;
  va_start(rest, command);
  void* value = va_arg(rest, void*);
  va_end(rest);
  const bool locks = command == F_SETLK || command == F_SETLKW || command == F_OFD_SETLK;
  return locks && fails(Call::locking, file) ? -1 : real_fcntl64(file, command, value);
}
void* mmap64(void* at, std::size_t size, int protection, int flags, int file,
             off64_t offset) noexcept {
  REAL(mmap64);
  return file >= 0 && fails(Call::mapping, file)
             ? MAP_FAILED
             : real_mmap64(at, size, protection, flags, file, offset);
}
int stat(const char* path, struct stat* found) noexcept {
  REAL(stat);
  return fails(Call::looking, AT_FDCWD, path) ? -1 : real_stat(path, found);
}
int stat64(const char* path, struct stat64* found) noexcept {
  REAL(stat64);
  return fails(Call::looking, AT_FDCWD, path) ? -1 : real_stat64(path, found);
}
int lstat(const char* path, struct stat* found) noexcept {
  REAL(lstat);
  return fails(Call::looking, AT_FDCWD, path) ? -1 : real_lstat(path, found);
}
int fstat(int file, struct stat* found) noexcept {
  REAL(fstat);
  return fails(Call::looking, file) ? -1 : real_fstat(file, found);
}
int fstat64(int file, struct stat64* found) noexcept {
  REAL(fstat64);
  return fails(Call::looking, file) ? -1 : real_fstat64(file, found);
}

}  // extern "C"
