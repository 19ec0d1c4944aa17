"""Files brought from a server to this machine: resumed where they broke off, compared with what is known of them.

A file is received as `NAME.part`, beside it `NAME.part.json` says of which version of which address it is. So the next
run of the same command asks for the rest only (Range and If-Range, RFC 9110), and begins again where the server's file
has changed. Under its own name a file is there only when its size and its checksum are what they have to be.
"""
