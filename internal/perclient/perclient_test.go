package perclient

import (
	"net/netip"
	"testing"
)

func TestAClientHasOnlySoMany(t *testing.T) {
	free := netip.MustParsePrefix("10.0.0.0/8")
	l := New(2, free.Contains)
	enter := func(a string) (func(), bool) { return l.Enter(netip.MustParseAddr(a)) }
	leave, ok := enter("192.0.2.1")
	_, ok2 := enter("::ffff:192.0.2.1")
	_, ok3 := enter("192.0.2.1")
	if !ok || !ok2 || ok3 {
		t.Errorf("entered %v %v %v, want the third not", ok, ok2, ok3)
	}
	leave()
	leave() // once is enough
	if _, ok := enter("192.0.2.1"); !ok {
		t.Error("who left does not come in again")
	}
	if _, ok := enter("192.0.2.1"); ok {
		t.Error("leaving twice counted twice")
	}
	enter("2001:db8::1")
	enter("2001:db8::2")
	if _, ok := enter("2001:db8::3"); ok {
		t.Error("a network of 64 bits is not one client")
	}
	if _, ok := enter("2001:db8:0:1::3"); !ok {
		t.Error("the next network does not come in")
	}
	for range 5 {
		if _, ok := enter("10.1.2.3"); !ok {
			t.Error("who is free does not come in")
		}
	}
	if _, ok := New(0, nil).Enter(netip.MustParseAddr("192.0.2.1")); !ok {
		t.Error("without a limit nobody comes in")
	}
	var none *Limit
	if _, ok := none.Enter(netip.MustParseAddr("192.0.2.1")); !ok {
		t.Error("without a limit nobody comes in")
	}
}
