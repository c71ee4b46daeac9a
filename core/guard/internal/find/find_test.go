package find

import (
	"slices"
	"strings"
	"testing"
)

var everything = SetOf(Email, Phone, Card, IBAN, SSN, NINO, NHS, TWID, MyNumber, IP, Key, Entropy)

// marked writes what is found as «KIND:text».
func marked(text string, kinds Set) string {
	var b strings.Builder
	last := 0
	for _, s := range Spans(text, kinds) {
		b.WriteString(text[last:s.Start] + "«" + s.Kind.Label() + ":" + text[s.Start:s.End] + "»")
		last = s.End
	}
	return b.String() + text[last:]
}

func TestWhatIsFound(t *testing.T) {
	t.Parallel()
	for _, want := range []string{
		"write to «EMAIL:jane.doe+x@mail.example.co.uk».", "联系«EMAIL:a@b.cn»或者", "<«EMAIL:o'neil@example.com»>", "«EMAIL:13812345678@163.com»",
		`line\n«EMAIL:foo@example.org»`, "メールは«EMAIL:taro@example.jp»です",
		"call «PHONE:+1 415-555-2671» now", "«PHONE:(415) 555-2671»", "«PHONE:415-555-2671» or «PHONE:415.555.2672»", "«PHONE:1-415-555-2671»",
		"«PHONE:+44 20 7946 0958»", "«PHONE:020 7946 0958»", "«PHONE:07911 123456»", "«PHONE:+49 (30) 12345678»", "«PHONE:01 23 45 67 89»", "«PHONE:+33 1 23 45 67 89»",
		"手机«PHONE:13812345678»。", "«PHONE:138-1234-5678»", "«PHONE:0912-345-678»", "«PHONE:0912345678»", "«PHONE:(02) 2345-6789»", "電話：«PHONE:03-1234-5678»", "«PHONE:090-1234-5678»",
		"phone: «PHONE:5552671»", "tel:«PHONE:5552671234»", "«PHONE:+886 912 345 678»", "«PHONE:+819012345678»",
		"card «CARD:4111111111111111»", "«CARD:4111 1111 1111 1111» 2", "«CARD:4111-1111-1111-1111»", "amex «CARD:3782 822463 10005»", "«CARD:378282246310005»", "«CARD:5555555555554444»,",
		"«CARD:6011111111111117»", "«CARD:3530111333300000»", "«CARD:30569309025904»", "卡号«CARD:6212345678901232»。", `{"n":«CARD:4111111111111111»}`, `\n«CARD:4111111111111111»`,
		"«IBAN:DE89370400440532013000»", "«IBAN:GB82 WEST 1234 5698 7654 32»!", "«IBAN:FR1420041010050500013M02606»", "«IBAN:NO9386011117947»", "口座«IBAN:CH9300762011623852957»",
		"«SSN:123-45-6789»", "«SSN:123 45 6789»", "SSN 12 is «SSN:123456789»", "his social security number «SSN:123456789»",
		"«NINO:AB123456C»", "«NINO:AB 12 34 56 C»", "«NHS:943 476 5919»", "NHS no. «NHS:9434765919»",
		"«TWID:A123456789»", "身分證«TWID:A123456789»號", "«TWID:A800000014»", "«MYNUMBER:1234 5678 9018»", "マイナンバー：«MYNUMBER:123456789018»", "my number is «MYNUMBER:1234-5678-9018»",
		"from «IP:203.0.113.9»:8080", "«IP:10.1.2.3»/24", "«IP:2001:db8::8a2e:370:7334»", "[«IP:2001:0db8:0000:0000:0000:8a2e:0370:7334»]", "«IP:fe80::1»",
		"来自«IP:203.0.113.9»的", "«IP:::ffff:203.0.113.9»",
		"key «KEY:AKIAIOSFODNN7EXAMPLE»", "«KEY:ghp_" + strings.Repeat("aB3", 12) + "»", "«KEY:sk-ant-api03-" + strings.Repeat("aB3-", 9) + "x»", "«KEY:sk-proj-" + strings.Repeat("aB3_", 9) + "»",
		"«KEY:AIza" + strings.Repeat("abcDE", 7) + "»", "«KEY:xoxb-123456789012-abcdefGHIJ»", "«KEY:sk_live_" + strings.Repeat("a1", 12) + "»", "«KEY:glpat-" + strings.Repeat("a1", 10) + "»",
		"Bearer «KEY:eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl».", "«KEY:hf_" + strings.Repeat("aBcD", 9) + "»",
		"AccountName=x;«KEY:AccountKey=" + strings.Repeat("aB3+", 21) + "aB==»;", "secret «KEY:abc8Q~" + strings.Repeat("xY1-", 8) + "»",
		"«KEY:123456789:AA" + strings.Repeat("x", 33) + "»",
		"«KEY:-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc=\n-----END RSA PRIVATE KEY-----»\nrest", "«KEY:-----BEGIN PRIVATE KEY-----\nMIIEabc\n»",
		"AWS_SECRET_ACCESS_KEY=«SECRET:wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY»", `"api_key": "«SECRET:9f86d081884c7d659a2feaa0c55ad015»"`,
		"携帯は«PHONE:０９０－１２３４－５６７８»", "TEL «PHONE:０３ー1234ー5678»", "手机«PHONE:１３８１２３４５６７８»，", "卡号«CARD:４１１１　１１１１　１１１１　１１１１»。", "«CARD:4111\u00a01111\u00a01111\u00a01111»", "«CARD:4111‑1111‑1111‑1111»", "«CARD:4111\u200b1111\u200b1111\u200b1111»",
		"個人番号は«MYNUMBER:１２３４５６７８９０１８»です", "身分證«TWID:Ａ１２３４５６７８９»號", "«SSN:123–45–6789»", "信箱«EMAIL:ｔａｒｏ＠ｅｘａｍｐｌｅ.ｊｐ»", "来自«IP:１９２.１６８.１.１»", "字 «CARD:4111111111111111»／«CARD:5555555555554444»", "«PHONE:415-555-2671»—now",
		"电话«PHONE:0755-12345678»", "«IBAN:de89370400440532013000»", "«IBAN:DE89-3704-0044-0532-0130-00»", "«SSN:123.45.6789»", "統一證號«TWID:AC01234567»", "ssh root@«IP:203.0.113.9»", "Fax no. «PHONE:5552671»", "«PHONE:01 23 45 67 89», 12", "«PHONE:0049 30 123456»", "ruf «PHONE:0033 6 12 34 56 78».", "«PHONE:0086-138-1234-5678»",
		"password: «SECRET:x8Kq2LmN9pQr4TvZ»", "authorization=«SECRET:x8Kq2LmN9pQr4TvZ»", "secret_key = '«SECRET:/Ab8Kq2LmN9p/Qr4TvZx»'", "OPENAI_API_KEY=«KEY:sk-" + strings.Repeat("aB3d", 12) + "»",
	} {
		text := want
		for _, l := range labels {
			text = strings.ReplaceAll(text, "«"+l+":", "")
		}
		text = strings.ReplaceAll(text, "»", "")
		if got := marked(text, everything); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestWhatIsNotFound(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "@", "a@", "@b.com", "a@b", "a@b.c", "pkg@1.2.3", "git@github.com:org/repo.git", "@decorator.call", "a.@example.com", "x @ y.com",
		"4111111111111112", "4111 1111 1111 1112", "order 1234567890123456", "x4111111111111111", "4111111111111111x", "411111111111111", "0000000000000000", "9999999999999995",
		"1700000000", "1700000000000", "1700000000000000", "1700000000000000000", "2024-01-15T08:30:00Z", "2024-01-15 08:30:00", "15.01.2024 12:30", "01/15/2024", "12:30:45", "08-30-2024",
		"550e8400-e29b-41d4-a716-446655440000", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "f47ac10b-58cc-4372-a567-013812345678", "d41d8cd98f00b204e9800998ecf8427e",
		"2fd4e1c67a2d28fced849ee1bb76e7391b93eb12", "v1.2.3", "1.2.3.4.5", "version 1.2.3.4", "127.0.0.1", "0.0.0.0", "::1", "256.1.1.1", "1.2.3", "10.0.0.256",
		"std::vector<int>", "dead::beef", "a::b", "Foo::Bar", "abc::def", "aa:bb:cc:dd:ee:ff", "x ? a : b", "https://example.com/users/4155552671", "3.14159265358979",
		"order #4155552671", "invoice 2024-0001-2345", "ISBN 978-3-16-148410-0", "$1,234,567.89", "1234567890", "123456789", "123-45-678", "000-12-3456", "666-12-3456", "900-12-3456",
		"078-05-1120", "123-00-4567", "123-45-0000", "111-222-333", "DE89370400440532013001", "DE8937040044053201300", "XX89370400440532013000", "GB82 WEST 1234 5698 7654 33",
		"QQ123456C", "BG123456A", "AB123456E", "AB12345C", "9434765919", "A123456788", "A323456789", "AB23456789", "1234 5678 9012", "123456789012", "123456789018",
		"AKIAIOSFODNN7EXAMPL", "AKIAIOSFODNN7EXAMPLEX", "sk-learn", "sk-" + strings.Repeat("a", 40), "ghp_short", "npm_config_registry", "eyJ", "eyJhbGciOi.x", "hf_hub_download", "xoxb-1",
		"-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----", "-----BEGIN CERTIFICATE-----", "password: hunter2", "password = os.environ['PASSWORD']",
		"token: aaaaaaaaaaaaaaaaaaaaaaaa1", "secret: please-do-not-tell-anybody", "hash=9f86d081884c7d659a2feaa0c55ad015", "auth: https://example.com/a/b/c1/d/e/f",
		"+1", "1+123456789", "+12", "@@ -1,7 +1,9 @@", "a+b", "(1) one (2) two", "f(123) 456", "x[0] = 1.5e10; y = 0x1234567890abcdef", "for (i = 0; i < 1000000000; i++)",
		"hotel 20240101", "recall 1234567 cars", "telemetry 20240101", "intel 13900000", "callback_id 123456789", "01 02 03 04 05 06 07 08 09 10 11 12", "row 00 01 02 33 44 55 66", "1990 2000 2010 2020", "0010 0011 0100 0101", "0012 0345 6789", "000 123 456 789", "0012 34 56", "7 0049 30 123456", "2000 2010 2020", "section 1.2.3.4", "版本１.２.３.４",
		"authors: JohnSmith2023JournalOfX", `"secretary": "MaryJaneWatson1234"`, "next_page_token: CAESDAgBEgQIARAC1234", "token: process.env.GITHUB_TOKEN_2", "secret: /run/secrets/database2/key", "api_key=your_api_key_here_12345", "no93 8601 1117 947",
		"共１２３４５６７８９０件", "１：２０", "２０２４年１月１５日", "ー１", "１２３４ー", "\u200b", "４１１１１１１１１１１１１１１２",
		"电话是多少", "電話番号を教えて", "今日は2024年1月15日です", "共1234567890件", "価格は1,234,567円",
	} {
		if got := marked(text, everything); got != text {
			t.Errorf("got %s", got)
		}
	}
}

func TestChecksums(t *testing.T) {
	t.Parallel()
	for text, kind := range map[string]Kind{
		"4111 1111 1111 1111": Card, "378282246310005": Card, "GB82WEST12345698765432": IBAN, "943 476 5919": NHS, "A123456789": TWID, "1234-5678-9018": MyNumber,
	} {
		if got := Spans(text, SetOf(kind)); len(got) != 1 || got[0] != (Span{0, len(text), kind}) {
			t.Fatalf("%s: %v", text, got)
		}
		// A wrong digit anywhere is noticed by each of these but the NHS's and
		// Japan's, which notice most.
		missed := 0
		for i := range text {
			if !isDigit(text[i]) {
				continue
			}
			other := text[:i] + string('0'+(text[i]-'0'+1)%10) + text[i+1:]
			missed += len(Spans(other, SetOf(kind)))
		}
		if missed > 0 {
			t.Errorf("%s: %d wrong digits of it are not noticed", text, missed)
		}
	}
}

// What a value is, its name says.
func TestNamesSayWhatValuesAre(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, text string
		want       Kind
	}{
		{"ssn", "123456789", SSN}, {"phone2", "5551234567", Phone}, {"nhs_number", "9434765919", NHS}, {"個人番号", "123456789018", MyNumber}, {"個人番号", "１２３４５６７８９０１８", MyNumber},
		{"api_key", "9f86d081884c7d659a2feaa0c55ad015", Entropy}, {strings.Repeat("ａ", 50) + "1", "4111111111111111", Card}, {"", "a@b.co", Email},
	} {
		if got := SpansOf(tt.name, tt.text, everything); len(got) != 1 || got[0] != (Span{0, len(tt.text), tt.want}) {
			t.Errorf("%s: %s: %v", tt.name, tt.text, got)
		}
	}
	for name, text := range map[string]string{"a@b.co 4111111111111111": "x", "a@b": ".co", "4111": "111111111111", "id": "123456789", "password": "", "token": "hunter2"} {
		if got := SpansOf(name, text, everything); len(got) != 0 {
			t.Errorf("%s: %s: %v", name, text, got)
		}
	}
}

// Spans are places in the text as it stands, however wide its characters are,
// and whichever place is begun at.
func TestWideCharactersKeepTheirPlaces(t *testing.T) {
	t.Parallel()
	const text = "卡４１１１１１１１１１１１１１１１。\u200b電話：０９０－１２３４－５６７８　a@b.co 203.0.113.9"
	whole := Spans(text, everything)
	if len(whole) != 4 {
		t.Fatalf("got %v", whole)
	}
	for from := range text {
		var want []Span
		inside := false
		for _, s := range whole {
			if s.Start >= from {
				want = append(want, s)
			}
			inside = inside || s.Start < from && from < s.End
		}
		if got := SpansFrom(text, from, everything); !inside && !slices.Equal(got, want) {
			t.Errorf("from %d: %v, want %v", from, got, want)
		}
	}
}

func TestOnlyWhatIsAskedForIsFound(t *testing.T) {
	t.Parallel()
	const text = "a@example.com 4111111111111111 203.0.113.9 123-45-6789 AKIAIOSFODNN7EXAMPLE"
	for _, k := range []Kind{Email, Card, IP, SSN, Key} {
		if got := Spans(text, SetOf(k)); len(got) != 1 || got[0].Kind != k {
			t.Errorf("%s: %v", k.Label(), got)
		}
	}
	if got := Spans(text, 0); got != nil {
		t.Errorf("nothing is asked for: %v", got)
	}
}

func FuzzSpans(f *testing.F) {
	f.Add("a@b.co 4111 1111 1111 1111 +1 (415) 555-2671 fe80::1 GB82 WEST 1234 5698 7654 32 AB 12 34 56 C")
	f.Add("卡４１１１－１１１１ー１１１１\u200b１１１１　ａ＠ｂ.ｃｏ 19２.１６８.１.１")
	f.Add("-----BEGIN PRIVATE KEY-----\nMII eyJhbGciOiJIUzI1NiJ9.eyJzdWIi0.x abc8Q~ token=\\\"x8Kq2LmN9pQr4TvZ ~@:+(\\")
	f.Fuzz(func(t *testing.T, text string) {
		last := 0
		for _, s := range Spans(text, everything) {
			if s.Start < last || s.End <= s.Start || s.End > len(text) || s.Kind >= kinds {
				t.Fatalf("%v after %d in %q", s, last, text)
			}
			if s.Kind != Key && s.End-s.Start > Longest {
				t.Errorf("%v is longer than stated", s)
			}
			last = s.End
		}
	})
}

func BenchmarkSpans(b *testing.B) {
	line := "The quick brown fox met jane.doe@example.com at 10:30 on 2024-01-15, order 1234567890, and said: func main() { fmt.Println(x.y[3]) }\n"
	text := strings.Repeat(line, 32<<10/len(line))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		Spans(text, everything)
	}
}
