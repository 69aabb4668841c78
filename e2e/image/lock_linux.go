package image

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// lock makes dir and waits until no other process builds there. Call the function that it returns to let the next one build.
func lock(dir string) (func(), error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("making the images' folder: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("locking the images' folder: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("locking the images' folder: %w", err)
	}
	return func() { _ = file.Close() }, nil
}
