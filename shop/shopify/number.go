package shopify

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// An AliExpress order number has 16 digits nowadays; 15 to 17 are taken, and
// none begins with a zero.
const minDigits, maxDigits = 15, 17

// maxText bounds what is searched, in bytes. Shopify's notes end at 5,000.
const maxText = 64 << 10

func isNumber(s string) bool {
	if len(s) < minDigits || len(s) > maxDigits || s[0] == '0' {
		return false
	}
	return strings.Trim(s, "0123456789") == ""
}

// finding is what a text holds.
type finding struct {
	numbers []string
	// alone: the text is nothing but numbers or links, and separators.
	alone bool
}

var (
	// joined links: a separator straight before the next scheme ends a link.
	joinedLinks = regexp.MustCompile(`(?i)[,;|]+(https?://)`)
	// link is a URL with a scheme, or a host with a path.
	link = regexp.MustCompile(`(?i)(?:[a-z][a-z0-9+.-]*://|(?:[a-z0-9-]+\.)+[a-z]{2,}[/?])[^\s<>"']*`)
	// digits in a row, however many.
	digitRun = regexp.MustCompile(`[0-9]+`)
	// phoneWord right before a number makes it somebody's phone.
	phoneWord = regexp.MustCompile(`(?i)(?:\b(?:tel|phone|telephone|mobile|cell|fax|whatsapp|call)\b[\s.:#no]*|\+\s*)$`)
	// orderHost are AliExpress's own hosts.
	orderHost = regexp.MustCompile(`(?i)^(?:[a-z0-9-]+\.)*aliexpress\.(?:com|us|ru)$`)
)

// scan finds order numbers in a text: in links to an AliExpress order and
// standing by themselves. A number inside any other link is not looked at: it
// is as likely a tracking number.
func scan(text string) finding {
	if len(text) > maxText {
		return finding{}
	}
	text = joinedLinks.ReplaceAllString(text, " $1")
	f := finding{}
	onlyNumbers := true
	rest := link.ReplaceAllStringFunc(text, func(l string) string {
		if n := linkNumber(l); n != "" {
			f.add(n)
			return " "
		}
		onlyNumbers = false
		return " \x00 " // keeps what stood on either side apart
	})
	for _, at := range digitRun.FindAllStringIndex(rest, -1) {
		if n := rest[at[0]:at[1]]; isNumber(n) && standsAlone(rest, at[0], at[1]) {
			f.add(n)
		} else {
			onlyNumbers = false
		}
	}
	f.alone = len(f.numbers) > 0 && onlyNumbers && !strings.ContainsFunc(rest, unicode.IsLetter)
	return f
}

func (f *finding) add(n string) {
	if !slices.Contains(f.numbers, n) {
		f.numbers = append(f.numbers, n)
	}
}

// linkNumber is the order number of a link to an AliExpress order, or empty.
func linkNumber(l string) string {
	if !strings.Contains(l, "://") {
		l = "https://" + l
	}
	u, err := url.Parse(strings.TrimRight(l, ".,;:!?)]}"))
	if err != nil || !orderHost.MatchString(u.Hostname()) || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	queries := []string{u.RawQuery}
	if _, after, ok := strings.Cut(u.Fragment, "?"); ok {
		queries = append(queries, after) // the mobile site's pages live behind the #
	}
	number := ""
	for _, q := range queries {
		values, _ := url.ParseQuery(q) // a broken part must not hide the good ones
		for key, vs := range values {
			for _, v := range vs {
				switch {
				case !isOrderKey(key) || !isNumber(v):
				case number != "" && number != v:
					return "" // two orders in one link: not a link to an order
				default:
					number = v
				}
			}
		}
	}
	return number
}

func isOrderKey(key string) bool {
	return strings.EqualFold(key, "orderId") || strings.EqualFold(key, "tradeOrderId")
}

// standsAlone tells whether text[from:to] is not a piece of something longer:
// a word, a decimal, a number in groups, a phone number.
func standsAlone(text string, from, to int) bool {
	before, after := text[:from], text[to:]
	if phoneWord.MatchString(before[max(0, from-40):]) {
		return false
	}
	left, n := utf8.DecodeLastRuneInString(before)
	if glued(left) {
		return false
	}
	right, m := utf8.DecodeRuneInString(after)
	if glued(right) {
		return false
	}
	further, _ := utf8.DecodeLastRuneInString(before[:len(before)-n])
	if joins(left) && unicode.IsDigit(further) {
		return false
	}
	further, _ = utf8.DecodeRuneInString(after[m:])
	return !joins(right) || !unicode.IsDigit(further)
}

// glued: such a neighbour makes the digits a part of a word. Han characters
// are written without spaces, so they part.
func glued(r rune) bool {
	return r == '_' || r == '%' || unicode.IsDigit(r) || unicode.IsLetter(r) && !unicode.Is(unicode.Han, r)
}

// joins: between two digits such a rune makes one number of them.
func joins(r rune) bool {
	return strings.ContainsRune(".-:'’", r)
}
