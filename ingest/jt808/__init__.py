"""JT/T 808, the national protocol of vehicle terminals: frames, positions, sessions, commands.

Layouts are those of JT/T 808-2011, -2013 and -2019 as open implementations read them.  The dialect
`jt808` decodes with this package, the gateway speaks TCP with it; it knows nothing of vehicles.
"""
