package main

func Example() {
	main()
	// Output:
	// ann takes the lock
	// bob finds it locked
	// bob cannot give it back: it is not bob's
	// 30s pass without a word of ann
	// bob takes the lock
	// ann cannot give it back: it is not ann's
	// bob gives it back
}
