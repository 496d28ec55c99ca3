# How inih is compiled is part of its interface: the handler's signature, and whether it hears of an empty section.
INIH_FLAGS := -DINI_CALL_HANDLER_ON_NEW_SECTION=1 -DINI_HANDLER_LINENO=1 -DINI_ALLOW_MULTILINE=0 -DINI_STOP_ON_FIRST_ERROR=1 -DINI_MAX_LINE=1024 -DINI_USE_STACK=1
