from tests.test_routes import *
import json
def test_explore(both):
    out={}
    for pattern,name in routes():
        for method in ("get","post"):
            line=[]
            for side in (both.ours,both.theirs):
                for role in ROLES:
                    try: r=ask(both.clients[role],method,address(both,pattern,role,side))
                    except Exception as e: line.append(role+":"+type(e).__name__); continue
                    e=ending(r); 
                    leak = "!" if role in "RLAX" and b"ravo" in (r.getvalue() if not r.streaming else b"".join(r.streaming_content)) else ""
                    line.append(role+":"+{"through":"%d"%r.status_code,"login":"L","elsewhere":"E"}.get(e,e)+leak)
                line.append("|")
            print(method, name, *line)
