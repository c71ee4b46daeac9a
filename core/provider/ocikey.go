package provider

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"hash"
	"regexp"
	"strings"

	"sluice/core/llm"
)

// ociKey reads a private key in PEM: PKCS #8 or PKCS #1, encrypted or not,
// with or without its line breaks, which headers and JSON files lose. Nothing
// of it is in errors.
func ociKey(text, passphrase string) (*rsa.PrivateKey, error) {
	_, rest, begins := strings.Cut(text, "PRIVATE KEY-----")
	inner, _, ends := strings.Cut(strings.ReplaceAll(rest, `\n`, "\n"), "-----END")
	cipherOf := pemCipher.FindStringSubmatch(inner)
	if cipherOf != nil {
		_, inner, _ = strings.Cut(inner, cipherOf[0])
	}
	der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(inner), ""))
	if !begins || !ends || err != nil {
		return nil, llm.Errorf(llm.Credential, "oracle_private_key is no private key in PEM")
	}
	if encrypted := strings.Contains(text, "ENCRYPTED"); encrypted && passphrase == "" {
		return nil, llm.Errorf(llm.Credential, "oracle_private_key is encrypted: name its passphrase in oracle_key_passphrase")
	} else if encrypted {
		if der, err = decryptKey(der, cipherOf, passphrase); err != nil {
			return nil, llm.Errorf(llm.Credential, "oracle_private_key cannot be decrypted with oracle_key_passphrase")
		}
	}
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key, nil
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	key, ok := parsed.(*rsa.PrivateKey)
	if err != nil || !ok {
		return nil, llm.Errorf(llm.Credential, "oracle_private_key is no RSA key")
	}
	return key, nil
}

// pemCipher finds the cipher of a key that OpenSSL encrypted before version 3,
// and its initialisation vector.
var pemCipher = regexp.MustCompile(`DEK-Info:\s*(AES-(?:128|192|256)-CBC),([0-9A-Fa-f]{32})`)

func decryptKey(der []byte, cipherOf []string, passphrase string) ([]byte, error) {
	if cipherOf == nil {
		return decryptPKCS8(der, passphrase)
	}
	b := &pem.Block{Bytes: der, Headers: map[string]string{"DEK-Info": cipherOf[1] + "," + cipherOf[2]}}
	//lint:ignore SA1019 this is how keys made by older tools come; the signature shows whether it is right
	return x509.DecryptPEMBlock(b, []byte(passphrase))
}

// What PKCS #8 has around an encrypted key, with the one scheme of PKCS #5
// that OpenSSL writes since version 3.
//
// RFC 5958, section 3; RFC 8018, appendix A
type (
	encryptedKey struct {
		Algorithm pkix.AlgorithmIdentifier
		Data      []byte
	}
	pbes2 struct{ Derivation, Cipher pkix.AlgorithmIdentifier }
	kdf   struct {
		Salt       []byte
		Iterations int
		Length     int                      `asn1:"optional"`
		Hash       pkix.AlgorithmIdentifier `asn1:"optional"`
	}
)

var (
	pbes2OID  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	pbkdf2OID = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}

	// kdfHashes are by the object identifier of the HMAC. None means SHA-1.
	kdfHashes = map[string]func() hash.Hash{"": sha1.New, "1.2.840.113549.2.7": sha1.New, "1.2.840.113549.2.9": sha256.New}

	// cbcKeys are the lengths of AES keys, in bytes, by the cipher.
	cbcKeys = map[string]int{"2.16.840.1.101.3.4.1.2": 16, "2.16.840.1.101.3.4.1.22": 24, "2.16.840.1.101.3.4.1.42": 32}
)

// maxIterations bounds what a request can make the gateway calculate.
const maxIterations = 1_000_000

var errCipher = errors.New("not encrypted in a known way, or not with this passphrase")

func decryptPKCS8(der []byte, passphrase string) ([]byte, error) {
	var outer encryptedKey
	var scheme pbes2
	var d kdf
	var iv []byte
	if !parsed(der, &outer) || !outer.Algorithm.Algorithm.Equal(pbes2OID) || !parsed(outer.Algorithm.Parameters.FullBytes, &scheme) ||
		!scheme.Derivation.Algorithm.Equal(pbkdf2OID) || !parsed(scheme.Derivation.Parameters.FullBytes, &d) ||
		!parsed(scheme.Cipher.Parameters.FullBytes, &iv) {
		return nil, errCipher
	}
	newHash, size := kdfHashes[d.Hash.Algorithm.String()], cbcKeys[scheme.Cipher.Algorithm.String()]
	if newHash == nil || size == 0 || d.Iterations < 1 || d.Iterations > maxIterations {
		return nil, errCipher
	}
	key, err := pbkdf2.Key(newHash, passphrase, d.Salt, d.Iterations, size)
	if err != nil {
		return nil, err
	}
	return decryptCBC(key, iv, outer.Data)
}

func parsed(der []byte, into any) bool {
	rest, err := asn1.Unmarshal(der, into)
	return err == nil && len(rest) == 0
}

// decryptCBC takes the padding away, each byte of which is its length.
func decryptCBC(key, iv, data []byte) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil || len(iv) != aes.BlockSize || len(data) == 0 || len(data)%aes.BlockSize != 0 {
		return nil, errCipher
	}
	out := make([]byte, len(data))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(out, data)
	pad := int(out[len(out)-1])
	if pad == 0 || pad > aes.BlockSize {
		return nil, errCipher
	}
	return out[:len(out)-pad], nil
}
