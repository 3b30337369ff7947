"""Rows of the table as JavaScript, for a page that computes.

All numbers follow IEEE 754: where Python raises, JavaScript goes on with inf or nan.
"""

from __future__ import annotations

import re

from ..operation import Op, once_a_row
from .terms import Language, Python, Untranslatable, is_python, term_of

TYPE_CHECKING = False  # the real constant would cost the import of `typing`
if TYPE_CHECKING:
    from collections.abc import Iterable

# fmt: off
MATH = "abs floor ceil trunc exp expm1 log log1p log2 log10 sqrt cbrt sin cos tan asin acos atan sinh cosh tanh"
OF_TWO = "copysign remainder nextafter ldexp polygamma sumprod"
JAVASCRIPT = {
    **{f"x {sign} y": f"({{x}}{sign}{{y}})" for sign in "+ - * / < <= > >= == !=".split()},  # == of true and 1 is true
    **{f"{name}(x)": f"Math.{name}({{x}})" for name in f"{MATH} asinh acosh atanh".split()},
    **{f"{name}(x)": f"${name}({{x}})" for name in "exp2 round erf erfc gamma lgamma fsum".split()},
    **{f"{name}(x, y)": f"${name}({{x}},{{y}})" for name in OF_TWO.split()},
    "-x": "(-{x})", "x % y": "$mod({x},{y})", "x // y": "$floordiv({x},{y})", "x ** y": "$pow({x},{y})",
    "not c": "(!{c})", "c and d": "({c}&&{d})", "c or d": "({c}||{d})", "float(c)": "(+{c})",
    "x if c else y": "({c}?{x}:{y})",
    "fabs(x)": "Math.abs({x})", "fmod(x, y)": "({x}%{y})", "atan2(x, y)": "Math.atan2({x},{y})",
    "hypot(*xs)": "Math.hypot({xs})", "max(*xs)": "$max({xs})", "min(*xs)": "$min({xs})",
    "fma(x, y, z)": "$fma({x},{y},{z})",
    "modf(x)[0]": "$modf({x})[0]", "modf(x)[1]": "$modf({x})[1]", "log(x, y)": Python("log(x) / log(y)"),
    "degrees(x)": Python("x * 57.29577951308232"), "radians(x)": Python("x * 0.017453292519943295"),
    "len(xs)": "{xs}.length", "xs[x]": "{xs}.at({x})", "xs[x:]": "{xs}.slice({x})", "xs[x:y]": "{xs}.slice({x},{y})",
}
# fmt: on


class JavaScript(Language):
    """Writes terms for a page, without spaces."""

    comma = ","

    def constant(self, x: float) -> str:
        text = literal(x).removesuffix(".0")
        return f"({text})" if text.startswith("-") else text


@once_a_row
def function_of(op: Op) -> str:
    """The row's value as a function in JavaScript.

    >>> from micrograd_like.ops import OPS
    >>> function_of(OPS["mul"]), function_of(OPS["relu"])
    ('(a,b)=>(a*b)', '(a)=>((a<=0)?0:a)')
    """
    if is_python(op):
        raise Untranslatable(f"{op.name} is an operation of your own, a Python function that a page cannot run")
    letters = {letter: chr(ord("a") + k) for k, letter in enumerate(op.letters)}  # a user's may be words of JavaScript
    known = letters if op.arity else {"xs": "xs", "*xs": "...xs"}
    try:
        text = JavaScript(JAVASCRIPT).write(term_of(op), known)
    except Untranslatable as what:
        raise Untranslatable(f"{op.name} computes {what}, which a page cannot run") from None
    text = f"(+{text})" if op.rule and term_of(op) in letters else text  # true is to be a number
    return f"({','.join(letters.values()) if op.arity else '...xs'})=>{text}"


def literal(x: float | bool) -> str:
    """A number, or an answer, as JavaScript writes it.

    >>> literal(-1.5), literal(float("inf")), literal(True)
    ('-1.5', 'Infinity', 'true')
    """
    return str(x).lower() if isinstance(x, bool) else repr(x).replace("inf", "Infinity").replace("nan", "NaN")


def helpers_for(functions: Iterable[str]) -> str:
    """The definitions of what the functions call beyond JavaScript's own, and of what those call."""
    found: dict[str, str] = {}
    waiting = list(functions)
    while waiting:
        for name in re.findall(r"\$\w+", waiting.pop()):
            if name not in found:
                found[name] = HELPERS[name]
                waiting.append(HELPERS[name])
    return "".join(f"const {name}={text};\n" for name, text in found.items())


HELPERS = {
    "$pow": "(x,y)=>x===1||(x===-1&&(y===Infinity||y===-Infinity))?1:Math.pow(x,y)",
    "$copysign": "(x,y)=>{x=Math.abs(x);return y<0||Object.is(y,-0)?-x:x}",
    "$mod": "(x,y)=>{let m=x%y;return m?(y<0)!==(m<0)?m+y:m:m===0?$copysign(0,y):m}",
    "$floordiv": "(x,y)=>{if(!y||!isFinite(x))return y||x!==x||y!==y?NaN:x/y;const m=$mod(x,y);let q=x%y;"
    "q=(x-q)/y-(q&&(y<0)!==(q<0)?1:0);if(!q)return m!==m?m:$copysign(0,x/y);const f=Math.floor(q);return q-f>.5?f+1:f}",
    "$remainder": "(x,y)=>{if(y===Infinity||y===-Infinity)return isFinite(x)?x:NaN;const a=Math.abs(x),b=Math.abs(y),"
    "m=a%b,c=b-m;const r=m<c?m:m>c?-c:m-2*((.5*(a-m))%b);return $copysign(1,x)*r}",
    "$round": "x=>{const r=Math.round(x);return Math.abs(x%1)===.5&&r%2?r-1:r}",
    "$modf": "x=>[isFinite(x)?$copysign(x%1,x):x===x?$copysign(0,x):x,Math.trunc(x)]",
    "$exp2": "x=>Math.pow(2,x)",
    "$ldexp": "(x,n)=>{if(!isFinite(n))return n!==n?n:$copysign(Infinity,x);const ends=()=>!x||!isFinite(x);"
    "for(;n>1e3&&!ends();n-=1e3)x*=2**1e3;for(;n<-1e3&&!ends();n+=1e3)x*=2**-1e3;return ends()?x:x*2**n}",
    "$nextafter": "(x,y)=>{if(x!==x||y!==y)return NaN;if(x===y)return y;if(!x)return y>0?5e-324:-5e-324;"
    "const f=new Float64Array([x]),b=new BigInt64Array(f.buffer);b[0]+=(x<y)===(x>0)?1n:-1n;return f[0]}",
    "$max": "(...xs)=>xs.reduce((x,y)=>y>x?y:x)",
    "$min": "(...xs)=>xs.reduce((x,y)=>y<x?y:x)",
    # exact sums: Shewchuk's, and Dekker's product
    "$fsum": "xs=>{let p=[];for(let x of xs){if(!isFinite(x))return xs.reduce((a,b)=>a+b);let i=0;for(let y of p){"
    "if(Math.abs(x)<Math.abs(y))[x,y]=[y,x];const h=x+y,l=y-(h-x);if(l)p[i++]=l;x=h}p.length=i;p.push(x)}"
    "let n=p.length;if(!n)return 0;"
    "if(!isFinite(p[n-1]))return xs[0]<0?-Infinity:Infinity;let h=p[--n],l=0;"
    "while(n){const x=h,y=p[--n];h=x+y;l=y-(h-x);if(l)break}"
    "if(n&&l*p[n-1]>0){const y=2*l,x=h+y;if(y===x-h)h=x}return h}",
    "$twice": "(x,y)=>{const s=z=>{const c=134217729*z,h=c-(c-z);return[h,z-h]},p=x*y,[a,b]=s(x),[c,d]=s(y);"
    "const e=b*d-(p-a*c-b*c-a*d);return isFinite(e)?[p,e]:[p,0]}",
    "$fma": "(x,y,z)=>$fsum([...$twice(x,y),z])",
    "$sumprod": "(p,q)=>$fsum(p.flatMap((x,i)=>$twice(x,q[i])))",
    # as in CPython's mathmodule.c
    "$erfs": "x=>{const s=x*x;let a=0,k=25.5;for(let i=0;i<25;i++){a=2+s*a/k;k-=1}"
    "return a*x*Math.exp(-s)/1.772453850905516}",
    "$erfcf": "x=>{if(x>=30)return 0;const s=x*x;let a=0,d=.5,p=1,o=0,q=d+s,r=1;for(let i=0;i<50;i++){a+=d;d+=2;"
    "const b=d+s;[p,o]=[b*p-a*o,p];[q,r]=[b*q-a*r,q]}return p/q*x*Math.exp(-s)/1.772453850905516}",
    "$erf": "x=>{const a=Math.abs(x);return a!==a?a:a<1.5?$erfs(x):x>0?1-$erfcf(a):$erfcf(a)-1}",
    "$erfc": "x=>{const a=Math.abs(x);return a!==a?a:a<1.5?1-$erfs(x):x>0?$erfcf(a):2-$erfcf(a)}",
    "$sinpi": "x=>{const y=Math.abs(x)%2,n=Math.round(2*y),P=Math.PI;return $copysign(1,x)*[()=>Math.sin(P*y),"
    "()=>Math.cos(P*(y-.5)),()=>Math.sin(P*(1-y)),()=>-Math.cos(P*(y-1.5)),()=>Math.sin(P*(y-2))][n]()}",
    "$lanczos": "x=>{const a=[23531376880.41076,42919803642.6491,35711959237.35567,17921034426.03721,6039542586.352028,"
    "1439720407.3117216,248874557.86205417,31426415.58540019,2876370.6289353725,186056.26539522348,8071.672002365816,"
    "210.82427775157936,2.5066282746310002],b=[0,39916800,120543840,150917976,105258076,45995730,13339535,2637558,"
    "357423,32670,1925,66,1];let n=0,d=0;if(x<5)for(let i=12;i>=0;i--){n=n*x+a[i];d=d*x+b[i]}"
    "else for(let i=0;i<13;i++){n=n/x+a[i];d=d/x+b[i]}return n/d}",
    "$gamma": "x=>{if(!isFinite(x))return x>0?x:NaN;if(!x)return 1/x;if(x===Math.floor(x)){if(x<0)return NaN;"
    "if(x<=23){let f=1;for(let i=2;i<x;i++)f*=i;return f}}const a=Math.abs(x),G=6.02468004077673;"
    "if(a<1e-20)return 1/x;if(a>200)return x<0?0/$sinpi(x):Infinity;const y=a+G-.5;"
    "let z=a>G-.5?(y-a)-(G-.5):(y-(G-.5))-a,r;z=z*G/y;if(x<0){r=-Math.PI/$sinpi(a)/a*Math.exp(y)/$lanczos(a);r-=z*r;"
    "if(a<140)return r/Math.pow(y,a-.5);const s=Math.pow(y,a/2-.25);return r/s/s}"
    "r=$lanczos(a)/Math.exp(y);r+=z*r;if(a<140)return r*Math.pow(y,a-.5);const s=Math.pow(y,a/2-.25);return r*s*s}",
    "$lgamma": "x=>{if(!isFinite(x))return x!==x?x:Infinity;if(x===Math.floor(x)&&x<=2)return x<=0?Infinity:0;"
    "const a=Math.abs(x),G=6.02468004077673;if(a<1e-20)return-Math.log(a);"
    "let r=Math.log($lanczos(a))-G;r+=(a-.5)*(Math.log(a+G-.5)-1);"
    "return x<0?Math.log(Math.PI)-Math.log(Math.abs($sinpi(a)))-Math.log(a)-r:r}",
    "$bernoulli": "[1/6,-1/30,1/42,-1/30,5/66,-691/2730,7/6,-3617/510]",
    "$polygamma": "(n,x)=>{if(x!==x||x<-1e6||(x<0&&x===Math.floor(x)))return n&&x===Math.floor(x)?"
    "Infinity*(n%2?1:-1):NaN;if(!x)return n?(n%2?1:-1)*Infinity:-1/x;if(x===Infinity)return n?0:x;let t=0;"
    "if(!n){if(x<0)return $polygamma(0,1-x)-Math.PI*Math.cos(Math.PI*(x%1))/$sinpi(x%1);"
    "for(;x<15;x++)t-=1/x;t+=Math.log(x)-.5/x;let p=1;"
    "$bernoulli.forEach((b,i)=>{p/=x*x;t-=b*p/(2*i+2)});return t}const s=n+1;for(;x<15+n;x++)t+=Math.pow(x,-s);"
    "t+=Math.pow(x,-n)/n+Math.pow(x,-s)/2;let c=s/2*Math.pow(x,-s-1);"
    "$bernoulli.forEach((b,i)=>{t+=b*c;c*=(s+2*i+1)*(s+2*i+2)/((2*i+3)*(2*i+4))/(x*x)});let f=1;"
    "for(let i=2;i<=n;i++)f*=i;return(n%2?1:-1)*f*t}",
}
