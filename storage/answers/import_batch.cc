#include "storage/answers/import_batch.h"

#include <algorithm>

#include "storage/answers/json_text.h"

namespace storage {

ImportBatch::ImportBatch() {
  constexpr std::size_t kLastRow = std::size_t{64} * 1024;
  texts_.reserve(kBytesMax + kLastRow);  // grows for a larger row
}

void ImportBatch::add(const core::WantedTask& task) {
  Place place;
  place.at = static_cast<std::uint32_t>(texts_.size());
  place.id_bytes = static_cast<std::uint32_t>(task.id.text().size());
  place.model_bytes = static_cast<std::uint32_t>(task.model.size());
  texts_ += task.id.text();
  texts_ += task.model;
  if (!task.labels.empty()) {
    const std::size_t begin = texts_.size();
    append_json_object(texts_, task.labels);
    place.labels_bytes = static_cast<std::uint32_t>(texts_.size() - begin);
  }
  places_.push_back(place);
}

std::size_t ImportBatch::common_prefix() const {
  std::string_view prefix = places_.empty() ? std::string_view() : id(places_.front());
  for (const Place& place : places_) {
    const std::string_view other = id(place);
    const auto differ = std::mismatch(prefix.begin(), prefix.end(), other.begin(), other.end());
    prefix = prefix.substr(0, static_cast<std::size_t>(differ.first - prefix.begin()));
  }
  return prefix.size();
}

void ImportBatch::sort() {
  const std::size_t prefix = common_prefix();
  for (Place& place : places_) {
    place.head = 0;
    for (std::size_t i = prefix; i < prefix + sizeof place.head; ++i) {
      const char byte = i < place.id_bytes ? texts_[place.at + i] : '\0';
      place.head = place.head << 8U | static_cast<unsigned char>(byte);
    }
  }
  std::sort(places_.begin(), places_.end(), [this](const Place& a, const Place& b) {
    if (a.head != b.head) {
      return a.head < b.head;
    }
    const int order = id(a).compare(id(b));
    return order != 0 ? order < 0 : a.at < b.at;
  });
}

ImportBatch::Row ImportBatch::row(std::size_t index) const {
  const Place& place = places_[index];
  const std::string_view texts = texts_;
  const std::size_t model = std::size_t{place.at} + place.id_bytes;
  return {id(place), texts.substr(model, place.model_bytes),
          texts.substr(model + place.model_bytes, place.labels_bytes)};
}

void ImportBatch::clear() {
  texts_.clear();
  places_.clear();
}

}  // namespace storage
