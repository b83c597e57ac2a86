package interval

import (
	"math/big"
	"math/bits"
)

// Wide is a sum of 128 bits, which counts modulo 2^128: what was added in any order
// and taken back in any other leaves the same bits.
type Wide struct{ Hi, Lo uint64 }

// add returns w + hi·2^64 + lo.
func (w Wide) add(hi, lo uint64) Wide {
	low, carry := bits.Add64(w.Lo, lo, 0)
	high, _ := bits.Add64(w.Hi, hi, carry)
	return Wide{high, low}
}

// sub returns w - hi·2^64 - lo.
func (w Wide) sub(hi, lo uint64) Wide {
	low, borrow := bits.Sub64(w.Lo, lo, 0)
	high, _ := bits.Sub64(w.Hi, hi, borrow)
	return Wide{high, low}
}

// zero reports whether nothing is left.
func (w Wide) zero() bool { return w.Hi == 0 && w.Lo == 0 }

// int returns w as a number without limits.
func (w Wide) int() *big.Int {
	v := new(big.Int).SetUint64(w.Hi)
	return v.Lsh(v, 64).Or(v, new(big.Int).SetUint64(w.Lo))
}
