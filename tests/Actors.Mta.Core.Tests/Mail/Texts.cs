using FsCheck;
using FsCheck.Fluent;

namespace Actors.Mta.Core.Tests.Mail;

/// <summary>Texts near enough to the grammar that many are good and many are nearly so.</summary>
internal static class Texts
{
    public static Gen<string> DomainLike => Joined(
        "a", "B", "z9", "xn--a", "test", "-", "_", ".", ".", ".", "ü", "例", "。", "[", "]", "IPv6:", ":", "192.0.2.1", " ", "\r\n", "\uD800");

    public static Gen<string> AddressLike => Joined(
        "a", "B", "!", "%", "+", ".", "@", "@", "@example.test", "\"", "\\", " ", "ü", "test", "[192.0.2.1]", ":", "<", ">", "\0", "\uDC00");

    /// <summary>Addresses that are good.</summary>
    public static Gen<string> Address =>
        from local in Gen.OneOf(DotString, QuotedString)
        from domain in Gen.Elements(
            "example.test", "MX.Example.Test", "bücher.test", "[192.0.2.7]", "[IPv6:2001:db8::7]", "a.b.c.d.test", "[x:a@b]")
        select $"{local}@{domain}";

    private static Gen<string> DotString =>
        Gen.Elements("a", "user", "O'Brien", "x.y.z", "first.last+tag", "用户", "!#$%&'*+-/=?^_`{|}~", "Ünal.é");

    private static Gen<string> QuotedString =>
        from parts in Gen.ListOf(Gen.Elements("a", " ", "..", "@", ">", "\\\"", "\\\\", "ü", "[", "(", ",", "\\ "))
        where parts.Count <= 15
        select $"\"{string.Concat(parts)}\"";

    private static Gen<string> Joined(params string[] pieces) =>
        from parts in Gen.ListOf(Gen.Elements(pieces))
        select string.Concat(parts);
}
