package main

func Example() {
	main()
	// Output:
	// cat takes job 1: welcome ann
	// dan takes job 2: remind bob
	// cat finds nothing to do
	// dan has done job 2
	// 30s pass without a word of cat
	// dan takes job 1: welcome ann
	// cat is too late with job 1
	// dan has done job 1
	// cat finds nothing to do
}
