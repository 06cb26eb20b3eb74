#pragma once
#include "common.h"

namespace jxs {

// Bits, first in the top. Writes nothing at `end` or behind.
class BitWriter {
 public:
  BitWriter(u8 *out, u8 *end) : out_(out), end_(end) {}

  // 0 to 56 bits.
  void put(u64 bits, int count) {
    window_ = window_ << count | bits;
    held_ += count;
    if (end_ - out_ >= 8) {
      // Whole bytes stay, the bits behind them are written again.
      store_be64(out_, window_ << 1 << (63 - held_));
      out_ += held_ >> 3;
      held_ &= 7;
    } else {
      for (; held_ >= 8; held_ -= 8) *out_++ = u8(window_ >> (held_ - 8));
    }
  }

  // Fills the last byte up with zeros.
  u8 *finish() {
    if (held_ > 0) *out_++ = u8(window_ << (8 - held_));
    held_ = 0;
    return out_;
  }

 private:
  u8 *out_, *end_;
  u64 window_ = 0;
  int held_ = 0;
};

}  // namespace jxs
