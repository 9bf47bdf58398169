package command

// debugProtocol answers an example of each kind of reply, for tests of clients.
func debugProtocol(c *Call) Reply {
	numbers := []Reply{Int(0), Int(1), Int(2)}
	switch lower(cString(c.arg(2))) {
	case "string":
		return Bulk("Hello World")
	case "integer":
		return Int(12345)
	case "double":
		return Double(3.141)
	case "bignum":
		return BigNumber("1234567999999999999999999999999999999")
	case "null":
		return Reply{}
	case "array":
		return Array(numbers...)
	case "set":
		return Set(numbers...)
	case "map":
		return Map(Int(0), Bool(false), Int(1), Bool(true), Int(2), Bool(false))
	case "attrib":
		return c.after(Elements(AttributeKind, []Reply{Bulk("key-popularity"), Array(Bulk("key:123"), Int(90))}),
			Bulk("Some real reply following the attribute"))
	case "push":
		if c.s.RESP != 3 {
			c.fail("ERR RESP2 is not supported by this command")
		}
		return c.after(Push(Bulk("server-cpu-usage"), Int(42)), Bulk("Some real reply following the push reply"))
	case "verbatim":
		return Verbatim("This is a verbatim\nstring")
	case "true":
		return Bool(true)
	case "false":
		return Bool(false)
	}
	c.fail("ERR Wrong protocol type name. Please use one of the following: string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false")
	return Reply{}
}

// after returns the reply after what only connections in RESP3 hear.
func (c *Call) after(extra, r Reply) Reply {
	if c.s.Client == nil || c.s.RESP != 3 {
		return r
	}
	return Replies(extra, r)
}
