/* SPDX-License-Identifier: MIT */
/* The report's page as bytes of the program: PAGE is the file. */
	.section .rodata
	.global report_page, report_page_bytes
report_page:
	.incbin PAGE
end:
	.balign 8
report_page_bytes:
	.quad end - report_page
	.section .note.GNU-stack, "", %progbits
