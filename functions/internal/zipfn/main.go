// Command zipfn packs a function for Lambda: the binary as bootstrap at the
// root of a zip file. Equal binaries give equal files, so that a release can
// be built again and compared, and so that an unchanged function is not
// deployed anew.
//
//	zipfn dist/gateway.zip build/gateway/bootstrap
package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"time"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "zipfn:", err)
		os.Exit(1)
	}
}

func run(args []string, stdout io.Writer) error {
	if len(args) != 2 {
		return fmt.Errorf("want the zip file to write and the binary to pack, got %d arguments", len(args))
	}
	binary, err := os.ReadFile(args[1])
	if err != nil {
		return fmt.Errorf("reading the binary: %w", err)
	}
	packed, err := pack(binary)
	if err != nil {
		return fmt.Errorf("packing %s: %w", args[1], err)
	}
	if err := os.WriteFile(args[0], packed, 0o644); err != nil {
		return fmt.Errorf("writing the zip file: %w", err)
	}
	_, err = fmt.Fprintf(stdout, "%x  %s (%d bytes)\n", sha256.Sum256(packed), args[0], len(packed))
	return err
}

// modified is the time of every file: the first that the format can hold.
var modified = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

func pack(binary []byte) ([]byte, error) {
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(w, flate.BestCompression)
	})
	h := &zip.FileHeader{Name: "bootstrap", Method: zip.Deflate, Modified: modified}
	h.SetMode(0o755)
	w, err := z.CreateHeader(h)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(binary); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}
