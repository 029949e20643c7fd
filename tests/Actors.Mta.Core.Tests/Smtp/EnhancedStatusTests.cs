using Actors.Mta.Core.Smtp;
using FsCheck.Xunit;

namespace Actors.Mta.Core.Tests.Smtp;

public sealed class EnhancedStatusTests
{
    [Theory]
    [InlineData("2.0.0", 2, 0, 0)]
    [InlineData("4.4.1", 4, 4, 1)]
    [InlineData("5.7.1", 5, 7, 1)]
    [InlineData("5.999.999", 5, 999, 999)]
    public void Reads_class_subject_and_detail(string text, byte @class, ushort subject, ushort detail)
    {
        Assert.Equal(new EnhancedStatus(@class, subject, detail), EnhancedStatus.Parse(text));
        Assert.Equal(text, EnhancedStatus.Parse(text).ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("5.7")]
    [InlineData("5.7.")]
    [InlineData("5..1")]
    [InlineData("3.7.1")]
    [InlineData("1.0.0")]
    [InlineData("5.7.1.1")]
    [InlineData("5.1000.1")]
    [InlineData("5.7.0001")]
    [InlineData("5.07.1")]
    [InlineData("5.-7.1")]
    [InlineData("5.7.1 ")]
    [InlineData(" 5.7.1")]
    [InlineData("5.٧.1")]
    public void Refuses_anything_else(string text) => Assert.False(EnhancedStatus.TryParse(text, out _));

    [Property]
    public bool Goes_round(ushort subject, ushort detail)
    {
        var status = new EnhancedStatus(4, (ushort)(subject % 1000), (ushort)(detail % 1000));
        return EnhancedStatus.Parse(status.ToString()) == status;
    }
}
