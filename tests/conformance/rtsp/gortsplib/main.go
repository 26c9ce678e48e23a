// A real RTSP server for the conformance tests: gortsplib, which others build their servers on.
//
// One publisher at a time announces a stream under any path; readers play it. Prints a JSON line per event on standard output.
package main

import (
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"sync"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/auth"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/gortsplib/v4/pkg/headers"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

const realm = "conformance"

type handler struct {
	server   *gortsplib.Server
	user     string
	password string
	nonce    string

	mutex     sync.Mutex
	stream    *gortsplib.ServerStream
	publisher *gortsplib.ServerSession
}

func tell(event string, detail string) {
	line, _ := json.Marshal(map[string]string{"event": event, "detail": detail})
	fmt.Println(string(line))
}

func (h *handler) OnRequest(_ *gortsplib.ServerConn, request *base.Request) {
	tell("request", string(request.Method))
}

func (h *handler) OnSessionClose(ctx *gortsplib.ServerHandlerOnSessionCloseCtx) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if h.stream != nil && ctx.Session == h.publisher {
		h.stream.Close()
		h.stream = nil
		tell("unpublished", "")
		return
	}
	tell("closed", fmt.Sprint(ctx.Error))
}

// authorized answers nil when the reader has shown the password, or need not.
func (h *handler) authorized(request *base.Request) *base.Response {
	if h.user == "" {
		return nil
	}
	methods := []headers.AuthMethod{headers.AuthDigest}
	if err := auth.Validate(request, h.user, h.password, nil, methods, realm, h.nonce); err != nil {
		return &base.Response{
			StatusCode: base.StatusUnauthorized,
			Header:     base.Header{"WWW-Authenticate": auth.GenerateWWWAuthenticate(methods, realm, h.nonce)},
		}
	}
	return nil
}

func (h *handler) found() *base.Response {
	if h.stream == nil {
		return &base.Response{StatusCode: base.StatusNotFound}
	}
	return &base.Response{StatusCode: base.StatusOK}
}

func (h *handler) OnDescribe(ctx *gortsplib.ServerHandlerOnDescribeCtx) (*base.Response, *gortsplib.ServerStream, error) {
	if refused := h.authorized(ctx.Request); refused != nil {
		return refused, nil, nil
	}
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return h.found(), h.stream, nil
}

func (h *handler) OnAnnounce(ctx *gortsplib.ServerHandlerOnAnnounceCtx) (*base.Response, error) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.stream = gortsplib.NewServerStream(h.server, ctx.Description)
	h.publisher = ctx.Session
	tell("published", ctx.Path)
	return &base.Response{StatusCode: base.StatusOK}, nil
}

func (h *handler) OnSetup(_ *gortsplib.ServerHandlerOnSetupCtx) (*base.Response, *gortsplib.ServerStream, error) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return h.found(), h.stream, nil
}

func (h *handler) OnPlay(_ *gortsplib.ServerHandlerOnPlayCtx) (*base.Response, error) {
	return &base.Response{StatusCode: base.StatusOK}, nil
}

func (h *handler) OnRecord(ctx *gortsplib.ServerHandlerOnRecordCtx) (*base.Response, error) {
	stream := h.stream
	ctx.Session.OnPacketRTPAny(func(media *description.Media, _ format.Format, packet *rtp.Packet) {
		_ = stream.WritePacketRTP(media, packet)
	})
	ctx.Session.OnPacketRTCPAny(func(media *description.Media, packet rtcp.Packet) {
		_ = stream.WritePacketRTCP(media, packet)
	})
	return &base.Response{StatusCode: base.StatusOK}, nil
}

func main() {
	certificate := flag.String("certificate", "", "PEM file; with it the server speaks RTSPS")
	key := flag.String("key", "", "PEM file")
	user := flag.String("user", "", "switches digest authentication on for readers; the password is read from PASSWORD")
	flag.Parse()
	nonce, err := auth.GenerateNonce()
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	h := &handler{user: *user, password: os.Getenv("PASSWORD"), nonce: nonce}
	h.server = &gortsplib.Server{
		Handler:     h,
		RTSPAddress: listener.Addr().String(),
		Listen:      func(_ string, _ string) (net.Listener, error) { return listener, nil },
	}
	if *certificate != "" {
		pair, err := tls.LoadX509KeyPair(*certificate, *key)
		if err != nil {
			log.Fatal(err)
		}
		h.server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{pair}}
	}
	tell("listening", fmt.Sprint(listener.Addr().(*net.TCPAddr).Port))
	log.Fatal(h.server.StartAndWait())
}
