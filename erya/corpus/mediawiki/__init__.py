"""MediaWiki exports: bytes to pages, what of a page is an article, and the templates a dump defines itself."""
