// A WHEP client of another house: watches for some seconds and writes what it received as an H.264 byte stream.
//
// usage: pion-viewer URL COOKIE SECONDS >pictures.h264
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v3"
	"github.com/pion/webrtc/v3/pkg/media/h264writer"
)

func main() {
	if err := watch(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func watch(url, cookie, seconds string) error {
	length, err := strconv.ParseFloat(seconds, 64)
	if err != nil {
		return err
	}
	engine := webrtc.SettingEngine{}
	engine.SetIncludeLoopbackCandidate(true)
	media := &webrtc.MediaEngine{}
	if err = media.RegisterDefaultCodecs(); err != nil {
		return err
	}
	api := webrtc.NewAPI(webrtc.WithSettingEngine(engine), webrtc.WithMediaEngine(media))
	peer, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return err
	}
	defer peer.Close()
	receiving := webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}
	if _, err = peer.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, receiving); err != nil {
		return err
	}
	peer.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		fmt.Fprintln(os.Stderr, track.Codec().MimeType)
		writer := h264writer.NewWith(os.Stdout)
		go func() { // a picture is asked for in the middle of the view, as viewers do after a loss
			time.Sleep(time.Duration(length / 2 * float64(time.Second)))
			_ = peer.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: uint32(track.SSRC())}})
		}()
		for {
			packet, _, err := track.ReadRTP()
			if err != nil {
				return
			}
			if err = writer.WriteRTP(packet); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
		}
	})
	location, err := negotiate(peer, url, cookie)
	if err != nil {
		return err
	}
	time.Sleep(time.Duration(length * float64(time.Second)))
	return leave(location, cookie)
}

func negotiate(peer *webrtc.PeerConnection, url, cookie string) (string, error) {
	offer, err := peer.CreateOffer(nil)
	if err != nil {
		return "", err
	}
	gathered := webrtc.GatheringCompletePromise(peer)
	if err = peer.SetLocalDescription(offer); err != nil {
		return "", err
	}
	<-gathered
	request, err := http.NewRequest(http.MethodPost, url, strings.NewReader(peer.LocalDescription().SDP))
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "application/sdp")
	request.Header.Set("Cookie", cookie)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return "", err
	}
	if response.StatusCode != http.StatusCreated {
		return "", fmt.Errorf("%s: %s", response.Status, answer)
	}
	location, err := response.Location()
	if err != nil {
		return "", err
	}
	return location.String(), peer.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: string(answer)})
}

func leave(location, cookie string) error {
	request, err := http.NewRequest(http.MethodDelete, location, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Cookie", cookie)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusNoContent {
		return fmt.Errorf("leaving: %s", response.Status)
	}
	return nil
}
