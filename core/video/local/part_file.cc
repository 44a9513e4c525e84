#include "core/video/local/part_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <limits>
#include <system_error>
#include <utility>
#include <vector>

#include "core/files/beneath.h"
#include "core/files/read_whole.h"
#include "core/files/sha256.h"
#include "core/text/http_headers.h"
#include "core/video/video_check.h"

namespace core {
namespace {

constexpr mode_t kFileMode = 0640;  // less the umask
constexpr int kOpenTriesMax = 8;    // against names that change hands while the part is opened
constexpr std::string_view kNotesSuffix = ".notes";
constexpr std::size_t kNotesBytesMax = kEtagBytesMax + 256;

FetchFailure failure(FetchProblem problem, std::string text) {
  FetchFailure failed;
  failed.problem = problem;
  failed.text = std::move(text);
  return failed;
}

FetchFailure disk_failure(int error, const std::string& what, const std::string& path) {
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  const std::string why = error == ELOOP ? "a symbolic link is there, and none is followed"
                                         : std::generic_category().message(error);
  const bool blocked = error == ELOOP || error == EISDIR || error == ENXIO || error == ENOTDIR;
  return failure(full      ? FetchProblem::disk_full
                 : blocked ? FetchProblem::blocked
                           : FetchProblem::disk,
                 "cannot " + what + " " + path + ": " + why);
}

/// Whether a file cannot be opened because of what it is, and not because the disk, or this
/// process, is at its end.
bool is_of_the_file(int error) {
  constexpr std::array kOfTheFile = {EACCES, ELOOP, ENODEV, ENOENT, ENOTDIR, ENXIO, EPERM, EXDEV};
  return std::find(kOfTheFile.begin(), kOfTheFile.end(), error) != kOfTheFile.end();
}

/// What is remembered beside the part: whose bytes they are.
struct Notes {
  std::string validator;  // a strong ETag; empty: the bytes must not be resumed
  PromisedContent promised;
};

constexpr std::string_view kNotesHead = "reeltally part 2";
constexpr std::string_view kNotesEnd = "end";

/// One line each; an empty one promises nothing.
std::string notes_text(const Notes& notes, const std::string& boot_id) {
  const PromisedContent& promised = notes.promised;
  std::string text = std::string(kNotesHead) + "\n" + boot_id + "\n";
  text += (promised.length ? std::to_string(*promised.length) : "") + "\n";
  text += (promised.crc64 ? std::to_string(*promised.crc64) : "") + "\n";
  text += (is_md5_base64(promised.md5_base64) ? promised.md5_base64 : "") + "\n";
  return text + notes.validator + "\n" + std::string(kNotesEnd) + "\n";
}

/// The notes of this boot; empty when they are of another one, cut or damaged.
Notes parse_notes(std::string_view text, const std::string& boot_id) {
  std::vector<std::string_view> lines;
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  if (lines.size() != 7 || lines[0] != kNotesHead || lines[6] != kNotesEnd || boot_id.empty() ||
      lines[1] != boot_id || !is_strong_etag(lines[5])) {
    return {};
  }
  Notes notes{std::string(lines[5]), {}};
  const auto length = parse_unsigned(lines[2]);
  notes.promised.crc64 = parse_unsigned(lines[3]);
  notes.promised.md5_base64 = lines[4];
  if (length && *length <= std::uint64_t{std::numeric_limits<std::int64_t>::max()}) {
    notes.promised.length = static_cast<std::int64_t>(*length);
  }
  const bool readable = notes.promised.length.has_value() != lines[2].empty() &&
                        notes.promised.crc64.has_value() != lines[3].empty() &&
                        (lines[4].empty() || is_md5_base64(lines[4]));
  return readable ? notes : Notes{};
}

bool has_other_extension(std::string_view path, std::string_view extension) {
  constexpr std::array<std::string_view, 4> kExtensions{".mp4", ".mov", ".webm", ".mkv"};
  return std::any_of(kExtensions.begin(), kExtensions.end(), [&](std::string_view other) {
    return path.ends_with(other) && other.substr(1) != extension;
  });
}

}  // namespace

/// The object behind PartFile: the part, its folder, its lock, its notes.
class PartFile::State {
 public:
  State(std::shared_ptr<const OutputFolder> folder, FilePlan plan, Claimed claimed)
      : folder_(std::move(folder)),
        plan_(std::move(plan)),
        claimed_(std::move(claimed)),
        name_(part_file_name(plan_.fields)) {}
  ~State();
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  std::optional<FetchFailure> open();
  std::optional<FetchFailure> restart(std::string_view validator, const PromisedContent& promised);
  std::optional<FetchFailure> append(std::string_view bytes);
  std::variant<SavedFile, FetchFailure> publish(const PromisedContent& promised);

  [[nodiscard]] std::int64_t resumable() const { return notes_.validator.empty() ? 0 : size_; }
  [[nodiscard]] const Notes& notes() const { return notes_; }

 private:
  /// Where the part goes: an open folder, and the name in it.
  struct Target {
    std::string path;         ///< absolute
    std::string folder_path;  ///< relative to the output folder
    std::string name;
    Descriptor folder;
  };
  /// none: the name is taken by something else.
  using Placed = std::optional<std::variant<SavedFile, FetchFailure>>;

  [[nodiscard]] std::string absolute(const std::string& name) const;
  /// None while the output folder is where it was.
  [[nodiscard]] std::optional<FetchFailure> folder_lost() const;
  /// One attempt; `again` when the name changed hands meanwhile.
  std::optional<FetchFailure> open_once(bool& again);
  /// Bytes of an earlier try are resumed or dropped.
  std::optional<FetchFailure> take_up();
  void read_notes();
  int write_notes();
  int drop_notes();
  void remove();
  /// The part's name leads to another file, or to none: that is not ours to touch.
  FetchFailure vanished();

  std::variant<CheckedVideo, FetchFailure> check(const PromisedContent& promised);
  std::optional<FetchFailure> sync_part();
  std::variant<SavedFile, FetchFailure> place();
  Placed replace_recorded();
  Placed try_name(const std::string& relative);
  Placed move_to(Target& target);
  Placed adopt(const Target& target);
  [[nodiscard]] std::variant<Target, FetchFailure> open_target(const std::string& relative) const;
  std::variant<SavedFile, FetchFailure> settle(const Target& target, int file);
  [[nodiscard]] std::uint64_t owner() const { return std::hash<std::string>{}(name_); }

  std::shared_ptr<const OutputFolder> folder_;
  FilePlan plan_;
  Claimed claimed_;
  std::string name_;
  std::string where_;  ///< the part's folder, relative to the output folder; empty: that itself
  Descriptor home_;
  Descriptor file_;
  std::int64_t size_ = 0;
  Notes notes_;
  bool gone_ = false;  ///< the part has been published or removed
  bool keep_ = false;  ///< the disk failed: the part stays as it is

  CheckedVideo video_;  ///< known after check()
};

PartFile::State::~State() {
  if (file_.valid() && !gone_ && !keep_ && resumable() == 0) {
    try {
      remove();
    } catch (const std::bad_alloc&) {  // the part stays, and the next try empties it
    }
  }
}

std::string PartFile::State::absolute(const std::string& name) const {
  return folder_->absolute(where_.empty() ? name : where_ + '/' + name);
}

std::optional<FetchFailure> PartFile::State::folder_lost() const {
  if (folder_->in_place()) {
    return std::nullopt;
  }
  return failure(FetchProblem::disk, "the output folder " + folder_->path() +
                                         " was unmounted, moved or removed while the run goes on");
}

// Opening.

std::optional<FetchFailure> PartFile::State::open() {
  if (auto lost = folder_lost()) {
    return lost;
  }
  // What the content is will only be known at the end; mp4 is by far the most likely.
  where_ = split_path(plan_.name_template->render(plan_.fields, "mp4", 1)).folder;
  home_ = folder_->open(where_);
  if (!home_.valid()) {
    return disk_failure(errno, "open the folder", folder_->absolute(where_));
  }
  for (int attempt = 0; attempt < kOpenTriesMax; ++attempt) {
    bool again = false;
    auto failed = open_once(again);
    if (!again) {
      return failed;
    }
  }
  return failure(FetchProblem::blocked, "cannot open " + absolute(name_) +
                                            ": another program keeps changing it; is another run "
                                            "writing to the same folder?");
}

std::optional<FetchFailure> PartFile::State::open_once(bool& again) {
  Descriptor file = open_beneath(home_.number(), name_, O_RDWR | O_CREAT, kFileMode);
  struct stat opened {};
  if (!file.valid() || fstat(file.number(), &opened) != 0) {
    return disk_failure(errno, "open", absolute(name_));
  }
  if (!S_ISREG(opened.st_mode)) {
    return failure(FetchProblem::blocked,
                   absolute(name_) + " is in the way and no regular file; remove it");
  }
  if (flock(file.number(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    return failure(FetchProblem::blocked, "another run is downloading " + absolute(name_));
  }
  // Between open and lock the holder may have published the file or removed it.
  struct stat named {};
  if (fstatat(home_.number(), name_.c_str(), &named, AT_SYMLINK_NOFOLLOW) != 0 ||
      named.st_ino != opened.st_ino || named.st_dev != opened.st_dev) {
    again = true;
    return std::nullopt;
  }
  // A file with another name as well is not ours to write to: only our name for it goes.
  if (named.st_nlink != 1) {
    again = unlinkat(home_.number(), name_.c_str(), 0) == 0;
    return again ? std::nullopt : std::optional(disk_failure(errno, "remove", absolute(name_)));
  }
  file_ = std::move(file);
  size_ = opened.st_size;
  return take_up();
}

std::optional<FetchFailure> PartFile::State::take_up() {
  if (size_ == 0) {
    return std::nullopt;
  }
  read_notes();
  if (!notes_.validator.empty()) {
    return std::nullopt;
  }
  if (ftruncate(file_.number(), 0) != 0) {
    return disk_failure(errno, "empty", absolute(name_));
  }
  size_ = 0;
  return std::nullopt;
}

void PartFile::State::read_notes() {
  const Descriptor file = open_beneath(home_.number(), name_ + std::string(kNotesSuffix), O_RDONLY);
  struct stat status {};
  if (!file.valid() || fstat(file.number(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return;
  }
  std::array<char, kNotesBytesMax> text{};
  const ssize_t count = pread(file.number(), text.data(), text.size(), 0);
  if (count <= 0) {
    return;
  }
  notes_ = parse_notes({text.data(), static_cast<std::size_t>(count)}, folder_->boot_id());
  if (notes_.promised.length && size_ > *notes_.promised.length) {
    notes_ = {};
  }
}

// Bytes come in.

int PartFile::State::drop_notes() {
  notes_ = {};
  const std::string notes = name_ + std::string(kNotesSuffix);
  return unlinkat(home_.number(), notes.c_str(), 0) == 0 || errno == ENOENT ? 0 : errno;
}

int PartFile::State::write_notes() {
  const Descriptor file = open_beneath(home_.number(), name_ + std::string(kNotesSuffix),
                                       O_WRONLY | O_CREAT | O_EXCL, kFileMode);
  if (!file.valid()) {
    return errno;
  }
  std::size_t written = 0;
  return write_at(file.number(), notes_text(notes_, folder_->boot_id()), 0, written);
}

std::optional<FetchFailure> PartFile::State::restart(std::string_view validator,
                                                     const PromisedContent& promised) {
  const std::string notes = name_ + std::string(kNotesSuffix);
  // In this order: at no time do notes stand beside bytes of another object.
  if (const int error = drop_notes(); error != 0) {
    return disk_failure(error, "remove", absolute(notes));
  }
  if (size_ > 0 && ftruncate(file_.number(), 0) != 0) {
    return disk_failure(errno, "empty", absolute(name_));
  }
  size_ = 0;
  if (!is_strong_etag(validator)) {
    return std::nullopt;
  }
  notes_ = {std::string(validator), promised};
  if (const int error = write_notes(); error != 0) {
    notes_ = {};
    return disk_failure(error, "write", absolute(notes));
  }
  return std::nullopt;
}

std::optional<FetchFailure> PartFile::State::append(std::string_view bytes) {
  std::size_t written = 0;
  const int error = write_at(file_.number(), bytes, size_, written);
  size_ += static_cast<std::int64_t>(written);
  return error == 0 ? std::nullopt
                    : std::optional(disk_failure(error, "write to", absolute(name_)));
}

// Checks.

void PartFile::State::remove() {
  // A part that cannot be removed is no harm: the next try empties it.
  static_cast<void>(drop_notes());
  if (is_named(file_.number(), home_.number(), name_)) {
    static_cast<void>(unlinkat(home_.number(), name_.c_str(), 0));
  }
  gone_ = true;
}

FetchFailure PartFile::State::vanished() {
  struct stat folder {};
  if (fstat(home_.number(), &folder) != 0 || folder.st_nlink == 0) {
    return disk_failure(ENOENT, "publish", absolute(name_));  // its folder went with it
  }
  static_cast<void>(drop_notes());  // of bytes that are lost
  gone_ = true;
  return failure(FetchProblem::blocked,
                 absolute(name_) +
                     " was replaced or removed by another program; the next run fetches the video "
                     "again");
}

std::variant<CheckedVideo, FetchFailure> PartFile::State::check(const PromisedContent& promised) {
  if (auto wrong = check_length(promised, size_)) {
    remove();
    return *std::move(wrong);
  }
  VideoCheck video(hashes_of(promised));
  if (const int error =
          read_whole(file_.number(), [&](std::string_view piece) { video.update(piece); });
      error != 0) {
    keep_ = true;
    return disk_failure(error, "read", absolute(name_));
  }
  const VideoReport report = video.finish();
  if (report.bytes != size_) {
    remove();
    return failure(FetchProblem::blocked, absolute(name_) + " was changed by another program");
  }
  auto checked = check_content(promised, report);
  if (std::holds_alternative<FetchFailure>(checked)) {
    remove();
  }
  return checked;
}

// Publishing.

std::variant<SavedFile, FetchFailure> PartFile::State::publish(const PromisedContent& promised) {
  assert(!gone_);
  // The disk may begin while the bytes are hashed; the sync below waits for it and tells.
  static_cast<void>(sync_file_range(file_.number(), 0, 0, SYNC_FILE_RANGE_WRITE));
  auto checked = check(promised);
  if (auto* failed = std::get_if<FetchFailure>(&checked)) {
    return std::move(*failed);
  }
  video_ = std::move(std::get<CheckedVideo>(checked));
  if (auto failed = sync_part()) {
    return *std::move(failed);
  }
  auto placed = place();
  keep_ = keep_ || std::holds_alternative<FetchFailure>(placed);
  return placed;
}

std::optional<FetchFailure> PartFile::State::sync_part() {
  if (fsync(file_.number()) == 0) {
    return std::nullopt;
  }
  const int error = errno;
  keep_ = true;
  // The kernel may have dropped pages and yet read them back from memory: never resume them.
  static_cast<void>(drop_notes());
  return disk_failure(error, "sync", absolute(name_));
}

std::variant<SavedFile, FetchFailure> PartFile::State::place() {
  if (auto placed = replace_recorded()) {
    return *std::move(placed);
  }
  for (int nth = 1; nth <= kNamesMax; ++nth) {
    const std::string relative = plan_.name_template->render(plan_.fields, video_.extension, nth);
    if (auto placed = try_name(relative)) {
      return *std::move(placed);
    }
  }
  return failure(FetchProblem::blocked, "the first " + std::to_string(kNamesMax) + " names for " +
                                            absolute(name_) +
                                            " are taken; put {task_id} into the template (--name)");
}

std::variant<PartFile::State::Target, FetchFailure> PartFile::State::open_target(
    const std::string& relative) const {
  SplitPath split = split_path(relative);
  Target target{folder_->absolute(relative), std::move(split.folder), std::move(split.name), {}};
  target.folder = folder_->open(target.folder_path);
  if (!target.folder.valid()) {
    return disk_failure(errno, "open the folder", folder_->absolute(target.folder_path));
  }
  return target;
}

PartFile::State::Placed PartFile::State::replace_recorded() {
  const std::string relative = folder_->relative(plan_.replaces);
  if (relative.empty() || has_other_extension(relative, video_.extension)) {
    return std::nullopt;
  }
  OutputFolder::Reservation reservation(*folder_, plan_.replaces, owner());
  if (!reservation.held()) {
    return std::nullopt;
  }
  auto opened = open_target(relative);
  auto* target = std::get_if<Target>(&opened);
  if (target == nullptr) {
    return std::nullopt;  // its folder is no folder any more; the video takes a new name
  }
  struct stat status {};
  const bool there =
      fstatat(target->folder.number(), target->name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
  if (!there || !S_ISREG(status.st_mode)) {
    auto placed = there ? std::nullopt : move_to(*target);
    if (placed) {
      reservation.keep();
    }
    return placed;
  }
  if (!is_named(file_.number(), home_.number(), name_)) {
    return vanished();
  }
  if (renameat(home_.number(), name_.c_str(), target->folder.number(), target->name.c_str()) != 0) {
    return errno == ENOENT ? vanished() : disk_failure(errno, "replace", target->path);
  }
  reservation.keep();
  return settle(*target, file_.number());
}

PartFile::State::Placed PartFile::State::try_name(const std::string& relative) {
  const std::string path = folder_->absolute(relative);
  OutputFolder::Reservation reservation(*folder_, path, owner());
  const bool own = path == plan_.replaces;
  if (!reservation.held() || (!own && claimed_ && claimed_(path))) {
    return std::nullopt;
  }
  auto opened = open_target(relative);
  if (auto* failed = std::get_if<FetchFailure>(&opened)) {
    return std::move(*failed);
  }
  auto& target = std::get<Target>(opened);
  auto placed = move_to(target);
  if (!placed) {
    placed = adopt(target);
  }
  if (placed) {
    reservation.keep();
  }
  return placed;
}

PartFile::State::Placed PartFile::State::move_to(Target& target) {
  // The open file itself, which was checked: whoever may write here can give its name to another.
  int error = link_file(file_.number(), target.folder.number(), target.name);
  if (error == EOPNOTSUPP && is_named(file_.number(), home_.number(), name_)) {
    error = move_without_replacing(home_.number(), name_, target.folder.number(), target.name);
  }
  if (error == EEXIST) {
    return std::nullopt;
  }
  if (error == ENOENT || error == EOPNOTSUPP) {
    return vanished();
  }
  if (error != 0) {
    return disk_failure(error, "publish " + absolute(name_) + " as", target.path);
  }
  remove();
  return settle(target, file_.number());
}

PartFile::State::Placed PartFile::State::adopt(const Target& target) {
  const Descriptor file = open_beneath(target.folder.number(), target.name, O_RDONLY);
  // A disk that fails says nothing of whose file it is: under a further name the video would be
  // there twice.
  const auto failed = [&](int error) { return disk_failure(error, "read", target.path); };
  if (!file.valid()) {
    return is_of_the_file(errno) ? Placed() : failed(errno);
  }
  struct stat status {};
  if (fstat(file.number(), &status) != 0) {
    return failed(errno);
  }
  if (!S_ISREG(status.st_mode) || status.st_nlink != 1 || status.st_size != size_) {
    return std::nullopt;
  }
  Sha256 hash;
  if (const int error =
          read_whole(file.number(), [&](std::string_view piece) { hash.update(piece); });
      error != 0) {
    return failed(error);
  }
  if (hash.finish() != video_.sha256) {
    return std::nullopt;
  }
  // The run that published it may have died before its own syncs.
  if (fsync(file.number()) != 0) {
    return disk_failure(errno, "sync", target.path);
  }
  remove();
  return settle(target, file.number());
}

std::variant<SavedFile, FetchFailure> PartFile::State::settle(const Target& target, int file) {
  gone_ = true;
  static_cast<void>(drop_notes());
  if (!is_named(file, target.folder.number(), target.name)) {
    return failure(FetchProblem::transport,
                   target.path + " was removed or replaced by another program at once");
  }
  if (const int error = folder_->sync(target.folder.number(), target.folder_path); error != 0) {
    return disk_failure(error, "sync the folder of", target.path);
  }
  if (auto lost = folder_lost()) {
    return *std::move(lost);
  }
  return SavedFile{target.path, video_.bytes, hex(video_.sha256), video_.checks};
}

// The face.

PartFile::PartFile(std::unique_ptr<State> state) : state_(std::move(state)) {}

PartFile::~PartFile() = default;

std::variant<std::unique_ptr<PartFile>, FetchFailure> PartFile::open(
    std::shared_ptr<const OutputFolder> folder, FilePlan plan, Claimed claimed) {
  auto state = std::make_unique<State>(std::move(folder), std::move(plan), std::move(claimed));
  if (auto failed = state->open()) {
    return *std::move(failed);
  }
  return std::unique_ptr<PartFile>(new PartFile(std::move(state)));
}

std::int64_t PartFile::size() const { return state_->resumable(); }

const std::string& PartFile::validator() const { return state_->notes().validator; }

const PromisedContent& PartFile::promised() const { return state_->notes().promised; }

std::optional<FetchFailure> PartFile::restart(std::string_view validator,
                                              const PromisedContent& promised) {
  return state_->restart(validator, promised);
}

std::optional<FetchFailure> PartFile::append(std::string_view bytes) {
  return state_->append(bytes);
}

std::variant<SavedFile, FetchFailure> PartFile::publish(const PromisedContent& promised) {
  return state_->publish(promised);
}

}  // namespace core
