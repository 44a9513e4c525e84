#include "storage/answers/answer_codec.h"

#include <zstd.h>

#include <cstdint>

#include "core/error.h"

namespace storage {
namespace {

constexpr int kLevel = 1;  // measured: the fastest, within 5 % of level 3 with the dictionary
// Twice the largest accepted answer (core::QueryRequest): a larger block is damaged.
constexpr std::size_t kExpandedMax = std::size_t{16} * 1024 * 1024;
constexpr unsigned kLebBits = 7;
constexpr unsigned kLebMore = 0x80;

[[noreturn]] void throw_damaged() {
  throw AnswerDamaged(
      "a block of stored answers is damaged; run `reeltally db check`, then restore "
      "a backup");
}

void append_length(std::string& lengths, std::size_t length) {
  while (length >= kLebMore) {
    lengths.push_back(static_cast<char>((length & (kLebMore - 1)) | kLebMore));
    length >>= kLebBits;
  }
  lengths.push_back(static_cast<char>(length));
}

std::vector<std::size_t> read_lengths(std::string_view lengths) {
  constexpr unsigned kShiftMax = 35;
  std::vector<std::size_t> sizes;
  std::size_t size = 0;
  unsigned shift = 0;
  for (const char one : lengths) {
    const auto byte = static_cast<unsigned char>(one);
    size |= static_cast<std::size_t>(byte & (kLebMore - 1)) << shift;
    if ((byte & kLebMore) == 0) {
      sizes.push_back(size);
      size = 0;
      shift = 0;
    } else if ((shift += kLebBits) > kShiftMax) {
      throw_damaged();
    }
  }
  return sizes;
}

}  // namespace

struct AnswerCodec::Contexts {
  ZSTD_CCtx* compressor = ZSTD_createCCtx();
  ZSTD_DCtx* expander = ZSTD_createDCtx();
  ZSTD_CDict* for_compressing;
  ZSTD_DDict* for_expanding;
  std::string joined;

  explicit Contexts(std::string_view dictionary)
      : for_compressing(ZSTD_createCDict(dictionary.data(), dictionary.size(), kLevel)),
        for_expanding(ZSTD_createDDict(dictionary.data(), dictionary.size())) {}
  ~Contexts() {
    ZSTD_freeCCtx(compressor);
    ZSTD_freeDCtx(expander);
    ZSTD_freeCDict(for_compressing);
    ZSTD_freeDDict(for_expanding);
  }
  Contexts(const Contexts&) = delete;
  Contexts& operator=(const Contexts&) = delete;
};

AnswerCodec::AnswerCodec(std::string_view dictionary)
    : contexts_(std::make_unique<Contexts>(dictionary)) {
  if (contexts_->compressor == nullptr || contexts_->expander == nullptr ||
      contexts_->for_compressing == nullptr || contexts_->for_expanding == nullptr) {
    throw core::Error("zstd has no memory for its dictionary");
  }
}

AnswerCodec::~AnswerCodec() = default;

EncodedBlock AnswerCodec::encode(const std::vector<std::string_view>& answers) {
  EncodedBlock block;
  std::string& joined = contexts_->joined;
  joined.clear();
  std::size_t total = 0;
  for (const std::string_view answer : answers) {
    total += answer.size();
  }
  joined.reserve(total);
  for (const std::string_view answer : answers) {
    joined.append(answer);
    append_length(block.lengths, answer.size());
  }
  block.content.resize(ZSTD_compressBound(joined.size()));
  // With a dictionary a block of many answers would be an eighth smaller, for up to twice as much
  // work again. `decode` needs not know: such a block never refers to it.
  const std::size_t size =
      answers.size() >= kAlike
          ? ZSTD_compressCCtx(contexts_->compressor, block.content.data(), block.content.size(),
                              joined.data(), joined.size(), kLevel)
          : ZSTD_compress_usingCDict(contexts_->compressor, block.content.data(),
                                     block.content.size(), joined.data(), joined.size(),
                                     contexts_->for_compressing);
  if (ZSTD_isError(size) != 0U) {
    throw core::Error(std::string("zstd cannot compress an answer: ") + ZSTD_getErrorName(size));
  }
  block.content.resize(size);
  if (joined.capacity() > 4 * kBytesMax) {
    std::string().swap(joined);  // frees the memory of one huge answer
  }
  return block;
}

std::vector<std::string> AnswerCodec::decode(std::string_view lengths, std::string_view content) {
  const std::vector<std::size_t> sizes = read_lengths(lengths);
  const unsigned long long promised = ZSTD_getFrameContentSize(content.data(), content.size());
  std::size_t total = 0;
  for (const std::size_t size : sizes) {
    total += size;
  }
  if (promised != total || total > kExpandedMax) {
    throw_damaged();
  }
  std::string joined(total, '\0');
  const std::size_t got =
      ZSTD_decompress_usingDDict(contexts_->expander, joined.data(), joined.size(), content.data(),
                                 content.size(), contexts_->for_expanding);
  if (ZSTD_isError(got) != 0U || got != total) {
    throw_damaged();
  }
  std::vector<std::string> answers;
  answers.reserve(sizes.size());
  std::size_t position = 0;
  for (const std::size_t size : sizes) {
    answers.push_back(joined.substr(position, size));
    position += size;
  }
  return answers;
}

std::string_view AnswerCodec::built_in_dictionary() {
  // The most frequent texts are last: zstd reaches them with the shortest offsets.
  static constexpr std::string_view
      kText =
          R"text({"error":{"message":" (request id: 20260601033340118204000)","type":"new_api_error","code":""}})text"
          R"text({"code":"task_not_exist","message":"task_not_exist","data":null})text"
          R"text({"id":"","object":"video","model":"sora-2","status":"completed","progress":100,"created_at":1780284820,"completed_at":1780284918,"seconds":"12","size":"1280x720","metadata":{"url":"https://"}})text"
          R"text({"task":{"id":"","status":"success","content":{"url":"https://"},"usage":{"total_seconds":6,"input_seconds":0,"output_seconds":6,"input_image_count":1},"resolution":"1080P","duration":6}})text"
          R"text({"code":"success","message":"","data":{"task_id":"860260753860210752","action":"/kling/v1/videos/omni-video_POST","status":"SUCCESS","fail_reason":"","submit_time":1780284820,"start_time":1780284870,"finish_time":1780284945,"progress":"100%","data":{"code":0,"message":"SUCCEED","request_id":"","data":{"task_id":"860260753860210752","task_status":"succeed","task_status_msg":"","created_at":1780284820161,"updated_at":1780284940496,"final_unit_deduction":"3.6","task_result":{"videos":[{"id":"860260754053148756","url":"https://v16.example/1.mp4?ksTime=6a3f0000","duration":"5.041"}]}}}}})text"
          R"text({"code":"success","message":"","data":{"task_id":"asyntask_","action":"omniGenerate","status":"SUCCESS","result_url":"https://bucket.tos-cn-beijing.volces.com/e.mp4?X-Tos-Algorithm=TOS4-HMAC-SHA256&X-Tos-Credential=&X-Tos-Date=20260601T033500Z&X-Tos-Expires=86400&X-Tos-SignedHeaders=host&X-Tos-Signature=00","original_result_url":"https://bucket.tos-cn-beijing.volces.com/o.mp4?X-Tos-Date=20260601T033420Z&X-Tos-Expires=86400&X-Tos-Signature=01","fail_reason":"","submit_time":1780284820,"start_time":1780284822,"finish_time":1780284950,"progress":"100%","request_id":"2026","data":{"content":{"video_url":"https://"},"created_at":1780284820,"draft":false,"duration":5,"framespersecond":24,"generate_audio":true,"id":"cgt-20260601113340-abcde","model":"doubao-seedance-2-0-260128","ratio":"16:9","resolution":"720p","super_resolution":"1080p","seed":7,"service_tier":"default","status":"succeeded","updated_at":1780284944,"usage":{"completion_tokens":108900,"total_tokens":108900,"super_resolution_tokens":245025}}}})text"
          R"text({"code":"success","message":"","data":{"task_id":"asyntask_","action":"generate","status":"FAILURE","fail_reason":"task failed","submit_time":1780284820,"start_time":1780284824,"finish_time":1780284871,"progress":"100%","request_id":"20260601033340118204000AbCdEfGh","data":{"output":{"task_id":"0f0e","task_status":"FAILED","code":"DataInspectionFailed","message":"Output data may contain inappropriate content.","submit_time":"2026-06-01 11:33:40.300","end_time":"2026-06-01 11:34:20.010"},"request_id":"aaaa1111-"}}})text"
          R"text({"code":"success","message":"","data":{"task_id":"asyntask_","action":"generate","status":"NOT_START","fail_reason":"","submit_time":1780284820,"start_time":0,"finish_time":0,"progress":"0%","request_id":"20260601033340118204000AbCdEfGh","data":{"output":{"task_id":"0f0e0d0c-1111-4222-8333-444455556666","task_status":"PENDING"},"request_id":"aaaa1111-bbbb-9ccc-8ddd-eeee22223333"}}})text"
          R"text("status":"IN_PROGRESS","progress":"30%","task_status":"RUNNING")text"
          R"text({"code":"success","message":"","data":{"task_id":"asyntask_","action":"generate","status":"SUCCESS","result_url":"https://dashscope-x000.oss-accelerate.aliyuncs.com/1d/aa/20260601/0000/v_refiner.mp4?Expires=1780371305&OSSAccessKeyId=EXAMPLE&Signature=%3D","fail_reason":"https://dashscope-x000.oss-accelerate.aliyuncs.com/1d/aa/20260601/0000/v_refiner.mp4?Expires=1780371305&OSSAccessKeyId=EXAMPLE&Signature=%3D","submit_time":1780284820,"start_time":1780284824,"finish_time":1780284918,"progress":"100%","request_id":"20260601033340118204000AbCdEfGh","data":{"output":{"task_id":"0f0e0d0c-1111-4222-8333-444455556666","task_status":"SUCCEEDED","video_url":"https://dashscope-x000.oss-accelerate.aliyuncs.com/","orig_prompt":"","submit_time":"2026-06-01 11:33:40.300","scheduled_time":"2026-06-01 11:33:40.330","end_time":"2026-06-01 11:35:06.010"},"request_id":"aaaa1111-bbbb-9ccc-8ddd-eeee22223333","usage":{"SR":1080,"duration":8,"input_video_duration":0,"output_video_duration":8,"ratio":"9:16","video_count":1}}}})text";
  return kText;
}

}  // namespace storage
