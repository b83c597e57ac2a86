package look

import "reflect"

// first returns the first n of a list, for tables that must end somewhere.
func first(n int, list any) any {
	v := reflect.ValueOf(list)
	if v.Kind() != reflect.Slice || v.Len() <= n {
		return list
	}
	return v.Slice(0, n).Interface()
}

// last returns the last n of a list.
func last(n int, list any) any {
	v := reflect.ValueOf(list)
	if v.Kind() != reflect.Slice || v.Len() <= n {
		return list
	}
	return v.Slice(v.Len()-n, v.Len()).Interface()
}
