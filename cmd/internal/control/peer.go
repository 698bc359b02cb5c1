package control

import (
	"context"
	"net"
)

type peerKey struct{}

// withPeer keeps who connected: the kernel's word, not the client's.
func withPeer(ctx context.Context, c net.Conn) context.Context {
	name, err := peerName(c)
	if err != nil {
		name = "unknown user"
	}
	return context.WithValue(ctx, peerKey{}, name)
}

// who names the person behind a request.
func who(ctx context.Context) string {
	name, _ := ctx.Value(peerKey{}).(string)
	return name
}
