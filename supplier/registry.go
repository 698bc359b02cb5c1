package supplier

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Supplier is a place where goods are bought.
type Supplier struct {
	// Name stands in the configuration, in stored cases and in JSON.
	Name string
	// Title is what people call it.
	Title string
	// Number says what is wrong with an order number that a person gave. It
	// keeps a slip of the pen from opening a case on somebody's phone number;
	// that the order is the right one is proved later, on its page.
	Number func(number string) error
}

// All are the suppliers that are known.
var All = []Supplier{
	{Name: "aliexpress", Title: "AliExpress", Number: digits("an AliExpress", 8, 20)},
}

// Title is what people call the supplier of a name.
func Title(name string) string {
	if i := slices.IndexFunc(All, func(s Supplier) bool { return s.Name == name }); i >= 0 {
		return All[i].Title
	}
	return name
}

// CheckNumber says what is wrong with a number that is no supplier's.
func CheckNumber(number string) error {
	var errs []error
	for _, s := range All {
		err := s.Number(number)
		if err == nil {
			return nil
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func digits(whose string, least, most int) func(string) error {
	return func(n string) error {
		switch {
		case len(n) < least || len(n) > most:
			return fmt.Errorf("%q is not %s order number: want %d to %d digits", n, whose, least, most)
		case strings.Trim(n, "0123456789") != "":
			return fmt.Errorf("%q is not %s order number: want digits only", n, whose)
		}
		return nil
	}
}
