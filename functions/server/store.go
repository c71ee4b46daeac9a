package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"sluice/core/store/boltstore"
	"sluice/core/store/driver"
	"sluice/core/store/folderstore"
	"sluice/core/uploads"
	"sluice/functions/internal/aws"
)

// Values of the flag --store.
const (
	inFile = "file"
	onAWS  = "aws"
)

// fileName is the file in the data folder that everything is in.
const fileName = "sluice.db"

// sweepEvery is how often the space of what has expired is made free.
const sweepEvery = 10 * time.Minute

// A storage is where the server keeps things.
type storage struct {
	state, data driver.Table
	file        *boltstore.Table    // that both are in; nil: they are on AWS
	folder      *folderstore.Folder // for uploads; nil: they are on AWS
}

func openStorage(o options, getenv func(string) string) (storage, error) {
	if o.store == onAWS {
		return awsStorage(getenv)
	}
	t, err := boltstore.Open(filepath.Join(o.data, fileName), 0)
	if errors.Is(err, boltstore.ErrInUse) {
		return storage{}, fmt.Errorf("%w: stop that one, or choose another folder with --data", err)
	}
	if err != nil {
		return storage{}, err
	}
	return storage{state: t, data: t, file: t, folder: folderstore.New(filepath.Join(o.data, "uploads"))}, nil
}

// awsStorage says at once what is missing; the first request that keeps
// something would find out late.
func awsStorage(getenv func(string) string) (storage, error) {
	var missing []string
	for _, names := range [][]string{
		{"STATE_TABLE"}, {"DATA_TABLE"}, {"AWS_REGION", "AWS_DEFAULT_REGION"}, {"AWS_ACCESS_KEY_ID"}, {"AWS_SECRET_ACCESS_KEY"},
	} {
		if getenv(names[0]) == "" && getenv(names[len(names)-1]) == "" {
			missing = append(missing, strings.Join(names, " or "))
		}
	}
	if len(missing) > 0 {
		return storage{}, errors.New("the store on AWS is chosen, and these variables are not set: " + strings.Join(missing, ", "))
	}
	state, data := aws.Store(getenv)
	return storage{state: state, data: data}, nil
}

// upkeep removes what has expired, until ctx ends. DynamoDB does that itself.
func (s storage) upkeep(ctx context.Context, log *slog.Logger) {
	if s.file == nil {
		return
	}
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		_, err := s.file.Sweep(ctx)
		if err = errors.Join(err, s.folder.Sweep(uploads.Life)); err != nil && ctx.Err() == nil {
			log.Error("what has expired was not removed", "error", err)
		}
	}
}

// close waits for what is being written.
func (s storage) close() error {
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}
