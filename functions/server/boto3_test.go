package main

import (
	"os"
	"os/exec"
	"testing"
)

// TestBoto3 runs AWS's SDK for Python against the server. What it is told and
// what it must read is in clienttest/bedrock_client.py.
func TestBoto3(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("there is no python3")
	}
	if out, err := exec.CommandContext(t.Context(), python, "-c", "import boto3").CombinedOutput(); err != nil {
		t.Skipf("boto3 cannot be had: %s", out)
	}
	const key = "sk-sluice-boto3"
	url, _, _ := start(t, map[string]string{"SLUICE_KEY": key})
	test := exec.CommandContext(t.Context(), python, "-B", "-W", "ignore", "clienttest/bedrock_client.py")
	test.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "SLUICE_URL=" + url, "SLUICE_KEY=" + key, "AWS_EC2_METADATA_DISABLED=true", "NO_PROXY=127.0.0.1"}
	if out, err := test.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
