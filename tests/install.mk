# make install PREFIX=/usr/local [DESTDIR=…], make uninstall. perfgo looks for its libraries beside
# itself (../lib), so an installed tree can be moved as a whole.
DESTDIR ?=
BINDIR  ?= $(PREFIX)/bin
LIBDIR  ?= $(PREFIX)/lib
PCDIR   ?= $(LIBDIR)/pkgconfig
INSTALL ?= install

define PERFGO_PC
prefix=$(PREFIX)
libdir=$(LIBDIR)
bindir=$(BINDIR)
preload=$${libdir}/libperfgo.so

Name: perfgo
Description: Hardware counters for every Go benchmark; preload the library named by "preload"
Version: $(VERSION)
Libs: -L$${libdir} -lperfgo
endef
export PERFGO_PC

INSTALLED := $(BINDIR)/perfgo $(LIBDIR)/libperfgo.so $(LIBDIR)/libperfgo-engine.so $(PCDIR)/perfgo.pc

install: all
	$(INSTALL) -d '$(DESTDIR)$(BINDIR)' '$(DESTDIR)$(LIBDIR)' '$(DESTDIR)$(PCDIR)'
	$(INSTALL) -m 755 $(PERFGO) '$(DESTDIR)$(BINDIR)/perfgo'
	$(INSTALL) -m 755 $(AGENT_SO) '$(DESTDIR)$(LIBDIR)/libperfgo.so'
	$(INSTALL) -m 755 $(ENGINE_SO) '$(DESTDIR)$(LIBDIR)/libperfgo-engine.so'
	printf '%s\n' "$$PERFGO_PC" >'$(DESTDIR)$(PCDIR)/perfgo.pc'
	chmod 644 '$(DESTDIR)$(PCDIR)/perfgo.pc'

uninstall:
	rm -f $(foreach file,$(INSTALLED),'$(DESTDIR)$(file)')
.PHONY: uninstall
